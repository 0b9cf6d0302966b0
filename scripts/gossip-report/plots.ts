import type { Coverage } from "../../test/sim/gossip/scale/measures/coverage.ts";
import { svgPlot, type Curve } from "../../test/sim/gossip/scale/svg-plot.ts";
import { CONDITIONS, ROUND_MS, pushFixedPoint, pushTheory, spreadOf } from "./block-tables.ts";
import { PROFILES, detectionOf, loadsOf } from "./membership-tables.ts";
import { quantile, type Results } from "./results.ts";
import { targetsFor, type Targets } from "./targets.ts";

type Point = readonly [x: number, y: number];

/** The report's plots, by file name. */
export function plotsOf(results: Results, sizes: readonly number[]): ReadonlyMap<string, string> {
  return new Map([
    ["coverage.svg", coveragePlot(results, sizes)],
    ["blocks.svg", blocksPlot(results, sizes)],
    ["detection.svg", detectionPlot(results, sizes)],
    ["death.svg", deathPlot(results, sizes)],
    ["load.svg", loadPlot(results, sizes)],
    ["recovery.svg", recoveryPlot(results, sizes)],
  ]);
}

function coveragePlot(results: Results, sizes: readonly number[]): string {
  const [, lossy] = CONDITIONS;
  const curves = sizes.flatMap((size) => {
    const spread = lossy === undefined ? undefined : spreadOf(results, size, lossy);
    return spread === undefined ? [] : [coverageCurve(`${size} peers`, spread.coverage, ROUND_MS)];
  });
  const end = curves[0]?.points.at(-1)?.[0] ?? 1;
  const fixedPoint = 100 * pushFixedPoint();
  return svgPlot({
    title: "Peers that have a block, 5 % loss",
    xLabel: "rounds of 200 ms",
    yLabel: "per cent of the peers",
    xScale: "linear",
    curves: [...curves, flat("one push to three: 94 %", [0, end], fixedPoint)],
  });
}

function blocksPlot(results: Results, sizes: readonly number[]): string {
  const curves = CONDITIONS.filter(({ target }) => target !== undefined).map((condition) => ({
    name: `${condition.name}${condition.deadShare > 0 ? "" : " loss"}`,
    points: pointsOf(sizes, (size) => {
      const times = spreadOf(results, size, condition)?.allMs;
      return times === undefined ? undefined : quantile(times, 0.99) / ROUND_MS;
    }),
  }));
  return svgPlot({
    title: "Rounds until all have a block, 99th percentile",
    xLabel: "peers",
    yLabel: "rounds of 200 ms",
    xScale: "logarithmic",
    curves: [
      ...curves,
      targetCurve("target, up to 5 % loss", sizes, ({ allRounds }) => allRounds),
      targetCurve("target, 20 %, 10 % dead", sizes, ({ allRoughRounds }) => allRoughRounds),
      { name: "theory: push alone", isReference: true, points: pointsOf(sizes, pushTheory) },
    ],
  });
}

function detectionPlot(results: Results, sizes: readonly number[]): string {
  const [, lossy] = PROFILES;
  const curves = sizes.flatMap((size) => {
    const detection = lossy === undefined ? undefined : detectionOf(results, size, lossy);
    if (detection === undefined) return [];
    return [coverageCurve(`${size} peers`, detection.coverage, 1_000)];
  });
  return svgPlot({
    title: "Peers that know of a death, 5 % loss",
    xLabel: "seconds",
    yLabel: "per cent of the peers",
    xScale: "linear",
    curves,
  });
}

function deathPlot(results: Results, sizes: readonly number[]): string {
  const curves = PROFILES.map((profile) => ({
    name: `probes every ${profile.name} loss`,
    points: pointsOf(sizes, (size) => {
      const times = detectionOf(results, size, profile)?.knownMs;
      return times === undefined ? undefined : quantile(times, 0.99) / 1_000;
    }),
  }));
  return svgPlot({
    title: "Seconds until all know of a death, 99th percentile",
    xLabel: "peers",
    yLabel: "seconds",
    xScale: "logarithmic",
    curves: [
      ...curves,
      targetCurve("target, every 1 s", sizes, ({ deathKnown }) => deathKnown),
      targetCurve("target, every 200 ms", sizes, ({ deathKnownFast }) => deathKnownFast),
      flat("Fabric's parameters: 25 s", sizes, 25),
    ],
  });
}

function loadPlot(results: Results, sizes: readonly number[]): string {
  const names = new Set(sizes.flatMap((size) => loadsOf(results, size).map(({ name }) => name)));
  const curves = [...names]
    .filter((name) => !name.includes("200 ms"))
    .map((name) => ({
      name,
      points: pointsOf(
        sizes,
        (size) => loadsOf(results, size).find((load) => load.name === name)?.rate.messagesPerSecond,
      ),
    }));
  const [first = 5] = sizes;
  const [start = 1] = curves[0]?.points.map(([, y]) => y) ?? [];
  return svgPlot({
    title: "Messages that a peer sends in a second",
    xLabel: "peers",
    yLabel: "messages a second",
    xScale: "logarithmic",
    curves: [
      ...curves,
      {
        name: "growth with log n",
        isReference: true,
        points: pointsOf(sizes, (size) => (start * Math.log(size)) / Math.log(first)),
      },
    ],
  });
}

function recoveryPlot(results: Results, sizes: readonly number[]): string {
  const healed = (share: number): readonly Point[] =>
    pointsOf(sizes, (size) => {
      const [heal] = results.all("heal", (task) => task.size === size);
      return heal === undefined ? undefined : quantile(heal.oneMs, share) / 1_000;
    });
  return svgPlot({
    title: "Seconds from the end of a partition in halves",
    xLabel: "peers",
    yLabel: "seconds",
    xScale: "logarithmic",
    curves: [
      { name: "one membership, p50", points: healed(0.5) },
      { name: "one membership, p99", points: healed(0.99) },
      {
        name: "1,000 blocks level, p99",
        points: pointsOf(sizes, (size) => {
          const [level] = results.all("levelling", (task) => task.size === size);
          return level === undefined ? undefined : quantile(level.levelMs, 0.99) / 1_000;
        }),
      },
      targetCurve("target, one membership", sizes, (targets) => targets.healed),
    ],
  });
}

function coverageCurve(name: string, { stepMs, sums, runCount }: Coverage, unitMs: number): Curve {
  const points = sums.map((sum, step): Point => [(step * stepMs) / unitMs, (100 * sum) / runCount]);
  return { name, points };
}

function pointsOf(
  sizes: readonly number[],
  valueOf: (size: number) => number | undefined,
): readonly Point[] {
  return sizes.flatMap((size) => {
    const value = valueOf(size);
    return value === undefined || !Number.isFinite(value) ? [] : [[size, value] as const];
  });
}

function targetCurve(
  name: string,
  sizes: readonly number[],
  pick: (targets: Targets) => number,
): Curve {
  const points = pointsOf(sizes, (size) => {
    const targets = targetsFor(size);
    return targets === undefined ? undefined : pick(targets);
  });
  return { name, isReference: true, points };
}

function flat(name: string, xs: readonly number[], y: number): Curve {
  return { name, isReference: true, points: xs.map((x) => [x, y] as const) };
}
