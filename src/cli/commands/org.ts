import type { Command } from "commander";
import type { OrgAddOptions } from "./org-add.ts";
import { addDirectoryOptions } from "../shared-options.ts";

/** `org add`. */
export function addOrgCommand(program: Command): void {
  const org = program
    .command("org")
    .description("change the organisations of a network")
    .addHelpText("after", "\nExample:\n  $ heddle org add");
  addDirectoryOptions(org.command("add"))
    .description(
      "add an organisation to a running network: certificates, users, a place in the channel",
    )
    .option("--name <name>", "such as org3 (default: the next number)")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle org add --name org3\n  $ heddle peer add --org org3\n  $ heddle deploy ./my-contract --name basic",
    )
    .action(async (options: OrgAddOptions) => {
      await (await import("./org-add.ts")).orgAdd(options);
    });
}
