/**
 * `npm run sim:failover [-- --seeds 10000]`: kills the leader of a simulated Raft group once for each seed and measures the
 * time until the next commit, in election timeouts (1 s here; a node waits 1 to 2 of them before it asks for votes). All
 * safety properties are checked after every step. Equal seeds give equal figures.
 *
 * Exit code 0: all targets are met; 1: one is missed, or a run failed; 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { measureFailover, type FailoverFigures } from "../test/sim/failover/measure.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    nodes: { type: "string", default: "3,5" },
    loss: { type: "string", default: "0,5,30" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run sim:failover [-- OPTIONS]
  --seeds 10000     kills of a leader in each row
  --nodes 3,5       sizes of the group
  --loss 0,5,30     per cent of all messages that are lost
  --json            one JSON document instead of the table`);
  process.exit(0);
}
const seeds = Number(options.seeds);
const sizes = options.nodes.split(",").map(Number);
const losses = options.loss.split(",").map(Number);
if (!(seeds >= 1) || ![...sizes, ...losses].every((number) => number >= 0)) {
  console.error("every option takes numbers; seeds at least 1");
  process.exit(2);
}

/** In election timeouts, by per cent of loss. */
const TARGETS: Readonly<Record<number, Partial<FailoverFigures>>> = {
  0: { p50: 1.5, p99: 2, p999: 3.5, max: 4 },
  5: { p99: 3 },
  30: { p99: 15 },
};

const rows: FailoverFigures[] = [];
for (const isNoticed of [false, true]) {
  for (const nodeCount of sizes) {
    for (const lossPercent of losses) {
      rows.push(measure({ nodeCount, lossPercent, isNoticed }));
    }
  }
}
const missed = rows.flatMap(missedBy);
if (options.json) console.log(JSON.stringify({ at: new Date().toISOString(), rows, missed }));
else {
  console.table(rows.map(shown));
  for (const line of missed) console.error(line);
}
process.exit(missed.length === 0 ? 0 : 1);

function measure(setting: Parameters<typeof measureFailover>[0]): FailoverFigures {
  const { nodeCount, lossPercent, isNoticed } = setting;
  const how = isNoticed ? "process killed" : "machine gone";
  process.stderr.write(`${nodeCount} nodes, ${lossPercent} % loss, ${how} `);
  const figures = measureFailover(setting, seeds, (seed) => {
    if (seed % Math.ceil(seeds / 20) === 0) process.stderr.write(".");
  });
  process.stderr.write("\n");
  return figures;
}

function missedBy(figures: FailoverFigures): readonly string[] {
  const { nodeCount, lossPercent, slowestSeed } = figures;
  const target = TARGETS[lossPercent] ?? {};
  return (["p50", "p99", "p999", "max"] as const).flatMap((name) => {
    const most = target[name] ?? Infinity;
    if (figures[name] <= most) return [];
    return `${nodeCount} nodes, ${lossPercent} % loss: ${name} is ${figures[name]}, more than ${most}; the slowest was seed ${slowestSeed}`;
  });
}

function shown(figures: FailoverFigures): Record<string, string | number> {
  return {
    nodes: figures.nodeCount,
    "loss, %": figures.lossPercent,
    leader: figures.isNoticed ? "process killed" : "machine gone",
    seeds: figures.seeds,
    p50: round(figures.p50),
    p99: round(figures.p99),
    "p99.9": round(figures.p999),
    max: round(figures.max),
    "slowest seed": figures.slowestSeed,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
