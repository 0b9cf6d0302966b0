/** What the commands of `heddle chaos` share: how a fault is described, done, and taken back after its time. */
import type { Command } from "commander";
import { ChaosControl, DevelopmentNetwork, type Undo } from "../../network/index.ts";
import { duration, durationText } from "../duration.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";

export interface ForOptions extends DirectoryOptions {
  /** Milliseconds. */
  readonly for?: number;
}

type Act = (chaos: ChaosControl) => Promise<Undo>;

/** `act` and nothing to take back. */
export function once(act: (chaos: ChaosControl) => Promise<void>): Act {
  return async (control) => {
    await act(control);
    return () => Promise.resolve();
  };
}

/** A command with `--for`. */
export function fault(chaos: Command, usage: string, text: string, example: string): Command {
  return addDirectoryOptions(chaos.command(usage))
    .description(text)
    .option("--for <time>", "wait so long, or until Ctrl-C, and take it back", duration)
    .addHelpText("after", `\nExample:\n  $ heddle chaos ${example}`);
}

/** Does it, says so, and with `--for` takes it back after that time or at Ctrl-C. */
export async function perform(options: ForOptions, done: string, act: Act): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const undo = await act(new ChaosControl(network));
  if (options.for === undefined) {
    output.result({ done }, done);
    return;
  }
  output.step(`${done}, for ${durationText(options.for)}`);
  await elapsedOrInterrupted(options.for);
  await undo();
  output.result({ done, takenBack: true }, `${done}, and took it back`);
}

function elapsedOrInterrupted(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      process.off("SIGINT", finish);
      process.off("SIGTERM", finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    process.on("SIGINT", finish);
    process.on("SIGTERM", finish);
  });
}
