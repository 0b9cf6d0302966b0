import type { Command } from "commander";
import type { SimOptions } from "./sim-run.ts";
import { wholeNumber } from "../shared-options.ts";

/** `sim`. */
export function addSimCommand(program: Command): void {
  program
    .command("sim")
    .description("run a whole network in simulated time, with faults that a seed chooses")
    .option("--seed <number>", "the first seed", wholeNumber(0, 2 ** 31), 1)
    .option(
      "--minutes <number>",
      "go on with further seeds for so long",
      wholeNumber(0, 24 * 60),
      0,
    )
    .option(
      "--chaos-minutes <number>",
      "simulated minutes for which a seed has faults",
      wholeNumber(1, 60),
      1,
    )
    .option("--trace", "print every event, one line each (legend: docs/TESTING.md)", false)
    .option("--json", "print results as JSON", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle sim --seed 7\n  $ heddle sim --seed 7 --trace\n  $ heddle sim --minutes 10 --chaos-minutes 10",
    )
    .action(async (options: SimOptions) => {
      await (await import("./sim-run.ts")).simRun(options);
    });
}
