import { expect, test } from "vitest";
import { measureFailover } from "./measure.ts";

// `npm run sim:failover` runs ten thousand seeds of each row; so many are enough to notice that something is off.
const SEEDS = 150;

test.each([
  { nodeCount: 3, lossPercent: 0, p50Max: 1.5, maxMax: 4 },
  { nodeCount: 5, lossPercent: 0, p50Max: 1.5, maxMax: 4 },
  { nodeCount: 3, lossPercent: 5, p50Max: 1.6, maxMax: 5 },
])(
  "$nodeCount nodes at $lossPercent % loss commit again within $p50Max election timeouts mostly, $maxMax always",
  ({ nodeCount, lossPercent, p50Max, maxMax }) => {
    const figures = measureFailover({ nodeCount, lossPercent, isNoticed: false }, SEEDS);
    expect(figures.p50).toBeLessThanOrEqual(p50Max);
    // A node waits one election timeout at least, less the heartbeat that it had just heard.
    expect(figures.p50).toBeGreaterThan(0.9);
    expect(figures.max).toBeLessThanOrEqual(maxMax);
  },
  60_000,
);

test("a broken connection is noticed sooner than silence", () => {
  const setting = { nodeCount: 3, lossPercent: 0 };
  const noticed = measureFailover({ ...setting, isNoticed: true }, SEEDS);
  const silent = measureFailover({ ...setting, isNoticed: false }, SEEDS);
  expect(noticed.p50).toBeLessThan(silent.p50 - 0.5);
});

test("equal seeds give equal figures", () => {
  const setting = { nodeCount: 3, lossPercent: 30, isNoticed: false };
  expect(measureFailover(setting, 5)).toEqual(measureFailover(setting, 5));
});
