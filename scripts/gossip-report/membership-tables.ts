import type { Detection } from "../../test/sim/gossip/scale/measures/detection.ts";
import type { Rate } from "../../test/sim/gossip/scale/measures/spread.ts";
import { CONDITIONS, spreadOf } from "./block-tables.ts";
import { LOSSY } from "./plan.ts";
import { quantile, type Results } from "./results.ts";
import { table, type Sheet } from "./sheet.ts";
import { LOG_GROWTH_SLACK, targetsFor } from "./targets.ts";

export interface Profile {
  readonly name: string;
  readonly lossRate: number;
  readonly isFast: boolean;
}

export const PROFILES: readonly Profile[] = [
  { name: "1 s, 0 %", lossRate: 0, isFast: false },
  { name: "1 s, 5 %", lossRate: LOSSY, isFast: false },
  { name: "200 ms, 5 %", lossRate: LOSSY, isFast: true },
];

export function detectionOf(
  results: Results,
  size: number,
  { lossRate, isFast }: Profile,
): Detection | undefined {
  const [found] = results.all(
    "detection",
    (task) => task.size === size && task.lossRate === lossRate && task.isFast === isFast,
  );
  return found;
}

export function detectionTable(results: Results, sheet: Sheet, sizes: readonly number[]): string {
  const rows = sizes.flatMap((size) =>
    PROFILES.flatMap((profile) => {
      const detection = detectionOf(results, size, profile);
      return detection === undefined ? [] : [detectionRow(sheet, size, profile, detection)];
    }),
  );
  return table(
    [
      "peers",
      "probe interval, loss",
      "deaths",
      "suspected, p50",
      "p99",
      "known to all, p50",
      "p99",
      "return known to all, p99",
      "false deaths",
    ],
    rows,
  );
}

function detectionRow(
  sheet: Sheet,
  size: number,
  { name, isFast }: Profile,
  { suspectedMs, knownMs, joinedMs, falseDeaths }: Detection,
): readonly string[] {
  const targets = targetsFor(size);
  const what = `${size} peers, probes every ${name} loss`;
  const seconds = (times: readonly number[], share: number): number =>
    quantile(times, share) / 1_000;
  return [
    String(size),
    name,
    String(knownMs.length),
    seconds(suspectedMs, 0.5).toFixed(1),
    seconds(suspectedMs, 0.99).toFixed(1),
    seconds(knownMs, 0.5).toFixed(1),
    sheet.cell(
      `${what}, seconds until a death is known`,
      seconds(knownMs, 0.99),
      isFast ? targets?.deathKnownFast : targets?.deathKnown,
      1,
    ),
    sheet.cell(
      `${what}, seconds until a return is known`,
      seconds(joinedMs, 0.99),
      targets?.joinKnown,
      2,
    ),
    sheet.cell(`${what}, false deaths`, falseDeaths, 0, 0),
  ];
}

/** The kinds of cost that a peer has, with what each sends. */
export function loadsOf(
  results: Results,
  size: number,
): readonly { readonly name: string; readonly rate: Rate }[] {
  const [calm] = CONDITIONS;
  const spread = calm === undefined ? undefined : spreadOf(results, size, calm);
  const membership = PROFILES.map((profile) => ({
    name: `membership, ${profile.name} loss`,
    rates: detectionOf(results, size, profile)?.idle,
  }));
  return [
    ...membership,
    { name: "channel, idle", rates: spread?.idle },
    { name: "channel, 2 blocks a second", rates: spread?.busy },
  ].flatMap(({ name, rates }) =>
    rates === undefined || rates.length === 0 ? [] : [{ name, rate: meanOf(rates) }],
  );
}

function meanOf(rates: readonly Rate[]): Rate {
  const mean = (pick: (rate: Rate) => number): number =>
    rates.reduce((sum, rate) => sum + pick(rate), 0) / rates.length;
  return {
    messagesPerSecond: mean(({ messagesPerSecond }) => messagesPerSecond),
    bytesPerSecond: mean(({ bytesPerSecond }) => bytesPerSecond),
  };
}

/** From so many peers on everything that depends on the count of peers is at work. */
const GROWTH_FROM = 50;

export function loadTable(results: Results, sheet: Sheet, sizes: readonly number[]): string {
  const base = new Map(loadsOf(results, GROWTH_FROM).map(({ name, rate }) => [name, rate]));
  const rows = sizes.flatMap((size) =>
    loadsOf(results, size).map(({ name, rate }) => {
      const from = size > GROWTH_FROM ? base.get(name) : undefined;
      const most = (value: number | undefined): number | undefined =>
        value === undefined
          ? undefined
          : Math.ceil(((value * Math.log(size)) / Math.log(GROWTH_FROM)) * LOG_GROWTH_SLACK);
      const what = `${size} peers, ${name}`;
      return [
        String(size),
        name,
        sheet.cell(
          `${what}, messages a second`,
          rate.messagesPerSecond,
          most(from?.messagesPerSecond),
          1,
        ),
        sheet.cell(`${what}, bytes a second`, rate.bytesPerSecond, most(from?.bytesPerSecond), 0),
      ];
    }),
  );
  return table(["peers", "what", "messages a second", "bytes a second"], rows);
}
