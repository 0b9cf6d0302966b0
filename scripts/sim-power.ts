/**
 * `npm run sim:power [-- --seeds 400]`: three orderers as shipped (log, Raft, chain, block store) over simulated disks that lose
 * what was not flushed, in any part and order. The power goes at one, or at all, again and again under load; then everything
 * heals, and what clients were told is held against the blocks. The same loop then runs on disks that lie about their
 * flushes: unless that is caught, the loop proves nothing.
 *
 * Exit code 0: nothing is lost, doubled or different, and every liar is caught; 1: otherwise; 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { BrokenPromise, runSeed, type RunOptions } from "../test/sim/replica/run.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "400" },
    first: { type: "string", default: "1" },
    liars: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run sim:power [-- OPTIONS]
  --seeds 400    runs, of 6 simulated seconds under faults each
  --first 1      the first seed
  --liars 20     runs on lying disks, for each directory
  --json         one JSON document instead of the table`);
  process.exit(0);
}
const seeds = Number(options.seeds);
const first = Number(options.first);
const liars = Number(options.liars);
if (!(seeds >= 1) || !(first >= 0) || !(liars >= 1)) {
  console.error("every option takes a number; seeds and liars at least 1");
  process.exit(2);
}

interface Tally {
  readonly disk: string;
  readonly seeds: number;
  crashes: number;
  acknowledged: number;
  repeated: number;
  blocks: number;
  lost: number;
  doubled: number;
  /** Runs in which a promise was broken, or a check of the orderers' own failed. */
  failedSeeds: number[];
  /** How the first of them showed. */
  firstFailure: string;
}

const honest = await runAll("honest", seeds, {});
const lying: Tally[] = [];
for (const lyingDirectory of ["/raft", "/blocks"]) {
  lying.push(await runAll(`lies about ${lyingDirectory}`, liars, { lyingDirectory }));
}
const isPassed =
  honest.failedSeeds.length === 0 && lying.every(({ failedSeeds }) => failedSeeds.length > 0);
if (options.json) {
  console.log(JSON.stringify({ at: new Date().toISOString(), honest, lying, isPassed }));
} else {
  console.table([honest, ...lying].map(shown));
  for (const { disk, firstFailure } of [honest, ...lying]) {
    if (firstFailure !== "") console.error(`${disk}: ${firstFailure}`);
  }
  for (const seed of honest.failedSeeds) {
    console.error(
      `seed ${seed} failed; replay: HEDDLE_SEED=${seed} npx vitest run --config config/tools/vitest.config.js test/sim/replica`,
    );
  }
}
process.exit(isPassed ? 0 : 1);

async function runAll(disk: string, count: number, run: RunOptions): Promise<Tally> {
  const counts = { crashes: 0, acknowledged: 0, repeated: 0, blocks: 0, lost: 0, doubled: 0 };
  const tally: Tally = { disk, seeds: count, ...counts, failedSeeds: [], firstFailure: "" };
  process.stderr.write(`${disk} `);
  for (let done = 1; done <= count; done += 1) {
    await runOne(tally, first + done - 1, run);
    if (done % Math.ceil(count / 20) === 0) process.stderr.write(".");
  }
  process.stderr.write("\n");
  return tally;
}

async function runOne(tally: Tally, seed: number, run: RunOptions): Promise<void> {
  try {
    const report = await runSeed(seed, run);
    tally.crashes += report.crashes;
    tally.acknowledged += report.acknowledged;
    tally.repeated += report.repeated;
    tally.blocks += report.blocks;
  } catch (error) {
    tally.failedSeeds.push(seed);
    const [line = ""] = String(error).split("\n");
    if (tally.firstFailure === "") tally.firstFailure = line;
    if (!(error instanceof BrokenPromise)) return;
    tally.lost += error.lostCount;
    tally.doubled += error.doubledCount;
  }
}

function shown(tally: Tally): Record<string, string | number> {
  return {
    disk: tally.disk,
    seeds: tally.seeds,
    "power losses": tally.crashes,
    acknowledged: tally.acknowledged,
    "sent again": tally.repeated,
    blocks: tally.blocks,
    lost: tally.lost,
    doubled: tally.doubled,
    "seeds that failed": tally.failedSeeds.length,
  };
}
