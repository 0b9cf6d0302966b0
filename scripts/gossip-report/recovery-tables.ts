import { ROUND_MS } from "./block-tables.ts";
import { TURMOIL_SIZE_MAX } from "./plan.ts";
import { quantile, type Results } from "./results.ts";
import { table, type Sheet } from "./sheet.ts";
import { CLAIMS_PER_MEMBER, FALSE_DEATHS_PER_1000_NODE_HOURS, targetsFor } from "./targets.ts";

function seconds(times: readonly number[], share: number): number {
  return quantile(times, share) / 1_000;
}

export function healTable(results: Results, sheet: Sheet, sizes: readonly number[]): string {
  const rows = sizes.flatMap((size) =>
    results
      .all("heal", (task) => task.size === size)
      .map(({ oneMs, bytesPerPeer, claimsPerMember }) => [
        String(size),
        String(oneMs.length),
        seconds(oneMs, 0.5).toFixed(1),
        sheet.cell(
          `${size} peers, seconds from the heal to one membership`,
          seconds(oneMs, 0.99),
          targetsFor(size)?.healed,
          1,
        ),
        (quantile(bytesPerPeer, 0.99) / 1_000).toFixed(0),
        sheet.cell(
          `${size} peers, claims received a member after the heal`,
          quantile(claimsPerMember, 0.99),
          CLAIMS_PER_MEMBER,
          1,
        ),
      ]),
  );
  return table(
    ["peers", "heals", "one membership, p50, s", "p99, s", "kB sent a peer", "in claims a member"],
    rows,
  );
}

export function levelTable(results: Results, sheet: Sheet, sizes: readonly number[]): string {
  const rows = sizes.flatMap((size) =>
    results
      .all("levelling", (task) => task.size === size)
      .map(({ noticedMs, levelMs, copies }) => [
        String(size),
        String(levelMs.length),
        sheet.cell(
          `${size} peers, rounds until the last ledger that lags grows`,
          quantile(noticedMs, 0.99) / ROUND_MS,
          targetsFor(size)?.levelRounds,
          1,
        ),
        seconds(levelMs, 0.5).toFixed(2),
        sheet.cell(
          `${size} peers, seconds until 1,000 blocks are level`,
          seconds(levelMs, 0.99),
          5,
          2,
        ),
        Math.max(...copies).toFixed(2),
      ]),
  );
  return table(
    [
      "peers",
      "heals",
      "the last that lags is served, p99, rounds",
      "all level, p50, s",
      "p99, s",
      "copies of a lacking block",
    ],
    rows,
  );
}

export function splitTable(results: Results, sizes: readonly number[]): string {
  const rows = sizes.flatMap((size) =>
    results
      .all("split", (task) => task.size === size)
      .map(({ smallMs, largeMs, halvesMs, oneMs }) => [
        String(size),
        String(oneMs.length),
        ...[smallMs, largeMs, halvesMs, oneMs].map((times) => seconds(times, 0.99).toFixed(1)),
      ]),
  );
  return table(
    [
      "peers",
      "cuts",
      "one in six: gives up the others, s",
      "is given up, s",
      "halves: have given each other up, s",
      "one again after that, s",
    ],
    rows,
  );
}

const TURMOILS = [
  ["as many again join at once", "join", 0.5],
  ["one in ten stops at once", "leave", 0.1],
  ["half crash at once", "leave", 0.5],
  ["1 % a second stop, back after 10 s", "churn", 0.01],
  ["5 % a second", "churn", 0.05],
  ["10 % a second", "churn", 0.1],
] as const;

export function turmoilTable(results: Results, sizes: readonly number[]): string {
  const rows = sizes
    .filter((size) => size <= TURMOIL_SIZE_MAX)
    .flatMap((size) =>
      TURMOILS.flatMap(([text, name, share]) =>
        results
          .all(
            "turmoil",
            ({ size: ofSize, turmoil }) =>
              ofSize === size && turmoil.name === name && turmoil.share === share,
          )
          .map(({ settledMs, messagesPerSecond, bytesPerSecond, falseDeaths }) => [
            String(size),
            text,
            seconds(settledMs, 0.5).toFixed(1),
            seconds(settledMs, 0.99).toFixed(1),
            quantile(messagesPerSecond, 0.5).toFixed(0),
            (quantile(bytesPerSecond, 0.5) / 1_000).toFixed(1),
            String(falseDeaths),
          ]),
      ),
    );
  return table(
    [
      "peers",
      "what",
      "settled, p50, s",
      "p99, s",
      "messages a second",
      "kB a second",
      "false deaths",
    ],
    rows,
  );
}

export function calmTable(results: Results, sheet: Sheet, lossRates: readonly number[]): string {
  const rows = lossRates.map((lossRate) => {
    const runs = results.all("calm", (task) => task.lossRate === lossRate);
    const sum = (pick: (run: (typeof runs)[number]) => number): number =>
      runs.reduce((total, run) => total + pick(run), 0);
    const seeds = sum((run) => run.seeds);
    const percent = `${100 * lossRate} %`;
    return [
      percent,
      String(seeds),
      sum((run) => run.nodeHours).toFixed(0),
      sheet.cell(
        `false deaths at ${percent} loss`,
        sum((run) => run.falseDeaths),
        0,
        0,
      ),
    ];
  });
  return table(["loss", "seeds", "hours of peers", "false deaths"], rows);
}

export function stallTable(results: Results, sheet: Sheet): string {
  const runs = results.all("stall");
  const hours = runs.reduce((sum, { nodeHours }) => sum + nodeHours, 0);
  const falseDeaths = runs.reduce((sum, run) => sum + run.falseDeaths, 0);
  const rate = (1_000 * falseDeaths) / hours;
  return table(
    ["hours of peers", "false deaths", "in 1,000 hours"],
    [
      [
        hours.toFixed(0),
        String(falseDeaths),
        sheet.cell(
          "false deaths in 1,000 hours of peers while one in twenty stalls",
          rate,
          FALSE_DEATHS_PER_1000_NODE_HOURS,
          2,
        ),
      ],
    ],
  );
}
