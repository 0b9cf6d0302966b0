import type { Command } from "commander";
import type { SimOptions } from "./sim-run.ts";
import { wholeNumber } from "../shared-options.ts";

const HELP = `
Example:
  $ heddle sim --seed 7
  $ heddle sim --seed 7 --trace
  $ heddle sim --minutes 10 --chaos-minutes 10
  $ heddle sim --contract ./seats.js

A contract of your own, in seats.js:

  export default {
    book: async (context, seat, guest) => {
      if ((await context.get(seat)) !== undefined) throw new Error(\`\${seat} is taken\`);
      await context.put(seat, guest);
    },
    cancel: (context, seat) => context.delete(seat),
  };

  // Optional: what clients call, and what is wrong with a state. Draw from random and from nothing else.
  export const workload = {
    call: (random) => {
      const seat = String(random.below(5));
      return random.below(2) === 0
        ? { fn: "book", args: [seat, \`guest \${random.below(100)}\`] }
        : { fn: "cancel", args: [seat] };
    },
    violationIn: (stateOf) => (stateOf("seats").size > 5 ? "more seats than there are" : undefined),
  };

Without a workload every function is called, with few words. What the context can do: docs/guides/testing-your-contract.md.`;

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
    .option(
      "--contract <file>",
      "a contract of your own in place of the bank: a JavaScript module whose default export is its functions",
    )
    .option("--trace", "print every event, one line each (legend: docs/TESTING.md)", false)
    .option("--json", "print results as JSON", false)
    .addHelpText("after", HELP)
    .action(async (options: SimOptions) => {
      await (await import("./sim-run.ts")).simRun(options);
    });
}
