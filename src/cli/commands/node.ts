import type { Command } from "commander";
import { addWalCommand } from "./wal.ts";

const ORDERER_EXAMPLE =
  "\nExample:\n  $ heddle orderer start --config nodes/orderer.example.com/config.yaml";

/** `orderer start`: one orderer in this process; `orderer wal`: the logs of one. */
export function addOrdererCommand(program: Command): void {
  const orderer = program
    .command("orderer")
    .description("run an orderer, and look at its logs")
    .addHelpText("after", ORDERER_EXAMPLE);
  orderer
    .command("start")
    .description("run one orderer in this process until it is told to stop (SIGTERM, SIGINT)")
    .requiredOption("--config <file>", "its configuration (YAML)")
    .addHelpText("after", ORDERER_EXAMPLE)
    .action(async ({ config }: { readonly config: string }) => {
      const { runOrderer } = await import("../../node/index.ts");
      await runOrderer(config);
    });
  addWalCommand(orderer);
}
