/** `heddle chaos`: a process that dies with its power, or in the middle of what it does. */
import type { Command } from "commander";
import { FAILPOINTS } from "../../faults/index.ts";
import { systemRandom } from "../../kernel/adapters/system-random.ts";
import { NetworkError } from "../../network/index.ts";
import { Output } from "../output.ts";
import { wholeNumber } from "../shared-options.ts";
import { formatTable } from "../table.ts";
import { fault, perform, type ForOptions } from "./chaos-perform.ts";

const SEED_MAX = 0xffff_ffff;
const seedNumber = wholeNumber(0, SEED_MAX);

export function addDeaths(chaos: Command): void {
  addPowerLoss(chaos);
  addCrashAt(chaos);
}

interface SeedOptions extends ForOptions {
  readonly seed?: number;
}

function addPowerLoss(chaos: Command): void {
  fault(
    chaos,
    "power-loss",
    "end a node's process at once, and let its disk lose what was not flushed; with --for it is started again",
    "power-loss orderer1 --for 5s\n  $ heddle chaos power-loss peer0.org1 --seed 7",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .option("--seed <number>", "chooses what is left (default: drawn, and told)", seedNumber)
    .addHelpText(
      "after",
      "\nLogs, block files and records lose what was not flushed; a peer's state, which LMDB writes, does not.",
    )
    .action(async (node: string, options: SeedOptions) => {
      const seed = seedOf(options);
      await perform(options, `took the power of ${node} (seed ${seed})`, (control) =>
        control.losePower(node, { seed }),
      );
    });
}

interface CrashAtOptions extends SeedOptions {
  readonly before: boolean;
  readonly powerLoss: boolean;
  readonly list: boolean;
}

function addCrashAt(chaos: Command): void {
  fault(
    chaos,
    "crash-at",
    "end a node's process at once when it next takes a durable step; with --for it is started again",
    'crash-at orderer1 "log segment flushed" --for 10s\n  $ heddle chaos crash-at peer0.org1 "block file written" --power-loss\n  $ heddle chaos crash-at --list',
  )
    .argument("[node]", "such as orderer2 or peer0.org1")
    .argument("[step]", 'such as "log segment flushed"; see --list')
    .option("--before", "before the step is done instead of after", false)
    .option("--power-loss", "its disk loses what was not flushed, too", false)
    .option("--seed <number>", "chooses what is left then (default: drawn, and told)", seedNumber)
    .option("--list", "list the steps", false)
    .addHelpText(
      "after",
      "\nThe step may never come; until then `heddle chaos heal` takes it back. Nothing is waited for without --for.",
    )
    .action(async (node: string | undefined, step: string | undefined, options: CrashAtOptions) => {
      if (options.list) {
        listSteps(options);
        return;
      }
      if (node === undefined || step === undefined) {
        throw new NetworkError("unknown name", "name a node and a step, or give --list");
      }
      await crashAt(node, step, options);
    });
}

async function crashAt(node: string, step: string, options: CrashAtOptions): Promise<void> {
  const moment = options.before ? "before" : "after";
  const seed = seedOf(options);
  const power = options.powerLoss ? { powerLoss: { seed } } : {};
  const without = options.powerLoss ? `, without power (seed ${seed})` : "";
  await perform(options, `${node} dies ${moment} "${step}"${without}`, (control) =>
    control.crashAt(node, { step, moment, ...power }),
  );
}

function listSteps(options: CrashAtOptions): void {
  const { orderer, peer } = FAILPOINTS;
  const rows = [...orderer.map((step) => ["orderer", step]), ...peer.map((step) => ["peer", step])];
  new Output(options).result({ orderer, peer }, formatTable(["ROLE", "STEP"], rows));
}

function seedOf({ seed }: SeedOptions): number {
  return seed ?? systemRandom.below(SEED_MAX + 1);
}
