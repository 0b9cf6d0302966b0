import { describe, expect, test } from "vitest";
import { TICK_PAUSE_MS_MAX } from "../../../../gossip/service/limits.ts";
import { Ticker } from "../../../../gossip/service/ticker.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const TICK_MS = 50;

class Driven {
  readonly time = new SimulatedTime();
  readonly ticks: (readonly [atMs: number, lateMs: number])[] = [];
  dueMs = Infinity;
  /** When it is due after the next tick. */
  thenDueMs = Infinity;
  readonly ticker = new Ticker({
    clock: this.time,
    timers: this.time,
    tickIntervalMs: TICK_MS,
    nextDueMs: () => this.dueMs,
    tick: (lateMs) => {
      this.ticks.push([this.time.monotonicMs(), lateMs]);
      this.dueMs = this.thenDueMs;
    },
  });

  async passTo(atMs: number): Promise<void> {
    await this.time.advance(atMs - this.time.monotonicMs());
  }

  /** Something has happened, after which a tick is due at `dueMs`. */
  stepped(dueMs: number): void {
    this.dueMs = dueMs;
    this.ticker.stepped(dueMs, this.time.monotonicMs());
  }
}

describe("a ticker", () => {
  test("ticks at its start, when something is due, and at least once a second", async () => {
    const driven = new Driven();
    driven.thenDueMs = 300;
    driven.ticker.start();
    driven.thenDueMs = Infinity;
    await driven.passTo(299);
    expect(driven.ticks).toEqual([[0, 0]]);
    await driven.passTo(300 + TICK_PAUSE_MS_MAX);
    expect(driven.ticks.slice(1)).toEqual([
      [300, 0],
      [300 + TICK_PAUSE_MS_MAX, 0],
    ]);
  });

  test("leaves time between two ticks, whatever is due", async () => {
    const driven = new Driven();
    driven.thenDueMs = 0;
    driven.ticker.start();
    await driven.passTo(3 * TICK_MS);
    expect(driven.ticks.map(([atMs]) => atMs)).toEqual([0, TICK_MS, 2 * TICK_MS, 3 * TICK_MS]);
  });

  test("comes earlier when an event makes something due, and not at all for what an event has settled", async () => {
    const driven = new Driven();
    driven.ticker.start();
    await driven.passTo(10);
    driven.stepped(200);
    driven.stepped(Infinity);
    await driven.passTo(250);
    driven.stepped(400);
    await driven.passTo(500);
    expect(driven.ticks.map(([atMs]) => atMs)).toEqual([0, 400]);
  });

  test("says for how long the process did nothing, whatever it hears first afterwards", () => {
    // Time passes, and no timer comes.
    let nowMs = 0;
    const wakes: (() => void)[] = [];
    const late: number[] = [];
    const ticker = new Ticker({
      clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
      timers: {
        after: (_delayMs, run) => {
          wakes.push(run);
          return { cancel: () => undefined };
        },
        every: () => ({ cancel: () => undefined }),
      },
      tickIntervalMs: TICK_MS,
      nextDueMs: () => 100,
      tick: (lateMs) => late.push(lateMs),
    });
    ticker.start();
    nowMs = 60;
    ticker.stepped(100, nowMs);
    nowMs = 2_060;
    ticker.stepped(100, nowMs);
    wakes.at(-1)?.();
    expect(late).toEqual([0, 2_000]);
  });

  test("is silent once it is stopped, also from within a tick", async () => {
    const time = new SimulatedTime();
    let count = 0;
    const ticker: Ticker = new Ticker({
      clock: time,
      timers: time,
      tickIntervalMs: TICK_MS,
      nextDueMs: () => 0,
      tick: () => {
        count += 1;
        if (count === 3) ticker.stop();
      },
    });
    ticker.start();
    await time.advance(1_000);
    expect(count).toBe(3);
  });
});
