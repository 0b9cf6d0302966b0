import type { Command } from "commander";
import { DevelopmentNetwork } from "../../network/index.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";

export function addResetCommand(program: Command): void {
  addDirectoryOptions(program.command("reset"))
    .description("stop the network and remove its folder with all keys, blocks and state")
    .addHelpText("after", "\nExample:\n  $ heddle reset && heddle up")
    .action(async (options: DirectoryOptions) => {
      const output = new Output(options);
      const network = await DevelopmentNetwork.open(options.dir);
      await network.reset();
      const { directory } = network.layout;
      output.result({ removed: directory }, `removed ${directory}`);
    });
}
