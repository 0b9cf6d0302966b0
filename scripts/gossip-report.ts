/**
 * `npm run gossip:report [-- --sizes 5,50,500,5000 --seeds 20]`: simulates gossip's cores and writes docs/gossip: a report with tables, and
 * plots. Every figure comes from seeds: two runs of one commit write the same files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  measureDetection,
  measureRecovery,
  measureSplit,
  measureSpread,
  type Detection,
  type Recovery,
  type Split,
  type Spread,
} from "../test/sim/gossip/scale/measure.ts";
import { stallFor, type StallOutcome } from "../test/sim/gossip/scale/stall.ts";
import { svgPlot } from "../test/sim/gossip/scale/svg-plot.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "docs", "gossip");
const { values: options } = parseArgs({
  options: {
    sizes: { type: "string", default: "5,50,500,5000" },
    /** Larger networks are not split: every peer hears of every other's return. */
    "split-max": { type: "string", default: "50" },
    /** Of networks of up to 50 peers; a tenth of them for up to 500, one for larger ones. */
    seeds: { type: "string", default: "20" },
  },
});

const LOSS_RATE = 0.05;
const ROUND_MS = 200;
const SPLIT_SEEDS_MAX = 5;
const STALL_SIZE = 40;
const STALL_MINUTES = 30;

interface Row {
  readonly size: number;
  readonly calm: Spread;
  readonly lossy: Spread;
  readonly rough: Spread;
  readonly detection: Detection;
  readonly fast: Detection | undefined;
  readonly recovery: Recovery | undefined;
  readonly split: Split | undefined;
}

function seedsFor(size: number): readonly number[] {
  const all = Number(options.seeds);
  const count = size > 500 ? 1 : size > 50 ? Math.ceil(all / 10) : all;
  return Array.from({ length: count }, (_, index) => index + 1);
}

function measure(size: number): Row {
  const seeds = seedsFor(size);
  process.stderr.write(`${size} peers …\n`);
  const isSplit = size <= Number(options["split-max"]);
  const before = process.cpuUsage();
  const row: Row = {
    size,
    calm: measureSpread(size, seeds, { lossRate: 0 }),
    lossy: measureSpread(size, seeds, { lossRate: LOSS_RATE }),
    rough: measureSpread(size, seeds, { lossRate: 0.2, deadShare: 0.1 }),
    detection: measureDetection(size, seeds, 0, false),
    fast: size > 500 ? undefined : measureDetection(size, seeds, 0, true),
    recovery: isSplit ? measureRecovery(size, 1) : undefined,
    split: isSplit ? measureSplit(size, seeds.slice(0, SPLIT_SEEDS_MAX)) : undefined,
  };
  const cpuSeconds = process.cpuUsage(before).user / 1_000_000;
  const mebibytes = process.memoryUsage().rss / 1_048_576;
  process.stderr.write(`${cpuSeconds.toFixed(0)} s of CPU, ${mebibytes.toFixed(0)} MiB\n`);
  return row;
}

/** Infect and die with fan-out 3 reaches x = 1 − e^(−3x) of all. */
function pushFixedPoint(): number {
  let share = 0.5;
  for (let step = 0; step < 100; step += 1) share = 1 - Math.exp(-3 * share);
  return share;
}

/** Rounds of a push with fan-out 3 that goes on: log4 n + ln n / 3 (Pittel 1987, for k contacts a round). */
function pushTheory(size: number): number {
  return Math.log(size) / Math.log(4) + Math.log(size) / 3;
}

function rounds(ms: number): string {
  return (ms / ROUND_MS).toFixed(1);
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "not measured" : (ms / 1_000).toFixed(1);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function measureStalls(): StallOutcome {
  process.stderr.write("stalls …\n");
  const runs = Array.from({ length: Math.ceil(Number(options.seeds) / 4) }, (_, index) =>
    stallFor({ seed: index + 1, size: STALL_SIZE, minutes: STALL_MINUTES }),
  );
  return {
    falseDeaths: runs.reduce((sum, { falseDeaths }) => sum + falseDeaths, 0),
    nodeHours: runs.reduce((sum, { nodeHours }) => sum + nodeHours, 0),
  };
}

function report(rows: readonly Row[], stall: StallOutcome): string {
  const fixedPoint = (100 * pushFixedPoint()).toFixed(2);
  return `# Gossip in figures

Written by \`npm run gossip:report\`; do not edit. Whole cores under virtual time, one process; delays 1–20 ms, drawn anew for every message. Every
figure is the worst over the seeds (${rows.map(({ size }) => `${seedsFor(size).length} for ${size} peers`).join(", ")}) and, for blocks, over 5 blocks. With more than
1,000 peers a peer looks at the clock every 100 ms instead of 50. A round is ${ROUND_MS} ms. What is verified and signed is taken to succeed.

## Blocks

${table(
  [
    "peers",
    "99 %, rounds",
    "all, rounds",
    "all at 5 % loss, rounds",
    "all at 20 % loss, 10 % dead, rounds",
    "theory: push alone, rounds",
    "copies a peer",
  ],
  rows.map(({ size, calm, lossy, rough }) => [
    String(size),
    rounds(calm.mostMs),
    rounds(calm.allMs),
    rounds(lossy.allMs),
    rounds(rough.allMs),
    pushTheory(size).toFixed(1),
    Math.max(calm.copies, lossy.copies).toFixed(2),
  ]),
)}

![Time until all have a block](blocks.svg)

Up to seven peers: whoever brings a block from the orderers pushes it to all others. More: everybody who gets it pushes it once to three
members. That alone reaches ${fixedPoint} % of a large network (the fixed point of
x = 1 − e^(−3x)) within a few delays, which is less than a round; the rest learns from the comparison of heights with one member a round.
Theory counts a round per hop; here a hop takes a delay.
For comparison: Fabric pushes once to three peers and leaves the rest to a pull every 4 s (its \`core.yaml\`); Berendea et al., "Fair and
Efficient Gossip in Hyperledger Fabric" (2020), measured a gossip without that tail as more than ten times faster to all of 100 peers.
Plumtree (Leitão et al. 2007) reaches nearly one copy a peer with a tree that has to be mended; three copies need none. The dead are peers
that nobody has missed yet: what is sent to them is lost.

## Membership

${table(
  [
    "peers",
    "first suspicion, s",
    "death known to all, s",
    "with fast probes, s",
    "return known to all, s",
    "false deaths",
    "messages a second",
    "bytes a second",
  ],
  rows.map(({ size, detection, fast }) => [
    String(size),
    seconds(detection.suspectedMs),
    seconds(detection.knownMs),
    seconds(fast?.knownMs),
    seconds(detection.joinedMs),
    String(detection.falseDeaths + (fast?.falseDeaths ?? 0)),
    detection.idleMessagesPerSecond.toFixed(1),
    detection.idleBytesPerSecond.toFixed(0),
  ]),
)}

![Time until all know of a death](death.svg)

![Messages of an idle peer](idle.svg)

Messages and bytes are those that an idle peer sends for the membership. SWIM (Das et al. 2002): the expected time to the first
detection is e/(e−1) = 1.58 probe intervals, here of 1 s, and a member's load does not grow with the group. The time to
refute is memberlist's, 4 · max(1, log10 n) s, though from 20 peers on at least 9 s; up to six times that until two others confirm the
suspicion (Lifeguard, Dadgar et al. 2017). With Fabric's
parameters a death is noticed after 25 s without a message (its \`core.yaml\`: \`aliveExpirationTimeout\`).

## Stalled processes

While one peer in twenty did nothing for 2 to 8 s, then another, ${stall.nodeHours.toFixed(0)} hours of peers (${STALL_SIZE} peers, ${STALL_MINUTES} minutes, a seed each time) brought
${stall.falseDeaths} false deaths, counted once for every peer that believed in one. Lifeguard's authors count those of healthy members, by members that are slow themselves; this counts all.

## Partitions

${table(
  [
    "peers",
    "one in six cut off: it gives up the others, s",
    "the others give it up, s",
    "halves: one membership again, s",
    "bytes sent a peer then",
  ],
  rows.flatMap(({ size, recovery, split }) =>
    recovery === undefined
      ? []
      : [
          [
            String(size),
            seconds(split?.smallMs),
            seconds(split?.largeMs),
            seconds(recovery.oneMs),
            recovery.bytesPerPeer.toFixed(0),
          ],
        ],
  ),
)}

A small side doubts itself first (Lifeguard), has few to confirm a suspicion and many to suspect: it asks three members a second instead of
one. A side of fewer than three has nobody to confirm, and waits six times as long.

Serf looks for one of its dead every 30 s (its defaults), Fabric every 25 s; here every peer probes one a second and is told what is held against it.
`;
}

const rows = options.sizes.split(",").map((size) => measure(Number(size)));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "report.md"), report(rows, measureStalls()));
const xLabel = "peers";
writeFileSync(
  join(folder, "blocks.svg"),
  svgPlot({
    title: "Rounds of 200 ms until all have a block",
    xLabel,
    yLabel: "rounds",
    curves: [
      { name: "no loss", points: rows.map(({ size, calm }) => [size, calm.allMs / ROUND_MS]) },
      { name: "5 % loss", points: rows.map(({ size, lossy }) => [size, lossy.allMs / ROUND_MS]) },
      {
        name: "20 % loss, 10 % dead",
        points: rows.map(({ size, rough }) => [size, rough.allMs / ROUND_MS]),
      },
      { name: "theory: push", points: rows.map(({ size }) => [size, pushTheory(size)]) },
    ],
  }),
);
writeFileSync(
  join(folder, "death.svg"),
  svgPlot({
    title: "Seconds until all know of a death",
    xLabel,
    yLabel: "seconds",
    curves: [
      {
        name: "probes every 1 s",
        points: rows.map(({ size, detection }) => [size, detection.knownMs / 1_000]),
      },
      {
        name: "every 200 ms",
        points: rows.flatMap(({ size, fast }) =>
          fast === undefined ? [] : [[size, fast.knownMs / 1_000] as const],
        ),
      },
      { name: "Fabric: 25 s", points: rows.map(({ size }) => [size, 25]) },
    ],
  }),
);
writeFileSync(
  join(folder, "idle.svg"),
  svgPlot({
    title: "Messages a second of an idle peer",
    xLabel,
    yLabel: "messages a second",
    curves: [
      {
        name: "membership",
        points: rows.map(({ size, detection }) => [size, detection.idleMessagesPerSecond]),
      },
    ],
  }),
);
