import type { Command } from "commander";
import { DevelopmentNetwork } from "../../network/index.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";

export function addDownCommand(program: Command): void {
  addDirectoryOptions(program.command("down"))
    .description("stop the network; its data stay")
    .addHelpText("after", "\nExample:\n  $ heddle down --dir /tmp/net")
    .action(async (options: DirectoryOptions) => {
      const output = new Output(options);
      const network = await DevelopmentNetwork.open(options.dir);
      const stopped = await network.stop();
      const text = stopped.length === 0 ? "nothing was running" : `stopped ${stopped.join(", ")}`;
      output.result({ stopped }, text);
    });
}
