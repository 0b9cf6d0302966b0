import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { Departure } from "../../../../cluster/ordering/departure.ts";
import {
  EVICTED_LEADERLESS_MS,
  EVICTION_SUSPICION_MS,
  MEMBERSHIP_CHECK_MS,
} from "../../../../cluster/ordering/limits.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

/** Member 2 of a group, whose end the test plays. */
class Rig {
  readonly time = new SimulatedTime();
  readonly retired: (number | undefined)[] = [];
  voters: readonly number[] = [1, 2];
  consenterIds: readonly number[] = [1, 2];
  isLed = true;
  isNamed = true;
  standsBy: string | undefined;
  releasedBy: number | undefined;
  askedCount = 0;
  // A leader is, while it looks.
  isFoundMeanwhile = false;
  isDone = false;
  readonly departure: Departure;

  constructor() {
    const standsBy = (): string | undefined => this.standsBy;
    this.departure = new Departure(
      {
        replica: {
          get standsBy() {
            return standsBy();
          },
          status: () => ({ configuration: { voters: this.voters } }),
        },
        membership: () => ({ consenterIds: this.consenterIds, nextConsenterId: 9 }),
        isLed: () => this.isLed,
        isNamed: () => this.isNamed,
        suspicion: {
          releasedBy: () => {
            this.askedCount += 1;
            this.isLed ||= this.isFoundMeanwhile;
            return Promise.resolve(this.releasedBy);
          },
        },
        retire: (number, signal) => {
          this.retired.push(number);
          return Promise.resolve(!signal.aborted);
        },
        clock: this.time,
        logger: silentLogger,
      },
      { channelId: "ch1", raftId: 2 },
    );
    void this.departure.done.then(() => {
      this.isDone = true;
    });
    this.time.every(MEMBERSHIP_CHECK_MS, () => {
      this.departure.check();
    });
  }

  pass(ms: number): Promise<void> {
    return this.time.advance(ms);
  }
}

describe("a member that the configuration no longer names", () => {
  test("stays while Raft counts on its vote, led or not, for as long as that takes", async () => {
    const rig = new Rig();
    rig.consenterIds = [1];
    rig.isNamed = false;
    await rig.pass(10 * EVICTED_LEADERLESS_MS);
    rig.isLed = false;
    await rig.pass(10 * EVICTED_LEADERLESS_MS);
    expect([rig.retired, rig.isDone]).toEqual([[], false]);
    expect(rig.askedCount).toBeGreaterThan(5);
  });

  test("goes when its log says that it was removed", async () => {
    const rig = new Rig();
    rig.consenterIds = [1];
    rig.voters = [1];
    await rig.pass(3 * MEMBERSHIP_CHECK_MS);
    expect([rig.retired, rig.isDone]).toEqual([[undefined], true]);
  });

  test("does not take a log that says nothing yet for a removal", async () => {
    const rig = new Rig();
    rig.consenterIds = [1];
    rig.voters = [];
    await rig.pass(EVICTED_LEADERLESS_MS);
    expect(rig.retired).toEqual([]);
  });

  test("goes when nobody leads it and the others have let it go, and asks them no sooner", async () => {
    const rig = new Rig();
    rig.consenterIds = [1];
    rig.isLed = false;
    rig.releasedBy = 7;
    await rig.pass(EVICTED_LEADERLESS_MS - MEMBERSHIP_CHECK_MS);
    expect(rig.askedCount).toBe(0);
    await rig.pass(3 * MEMBERSHIP_CHECK_MS);
    expect([rig.retired, rig.isDone]).toEqual([[7], true]);
    await rig.pass(EVICTED_LEADERLESS_MS);
    expect([rig.askedCount, rig.retired]).toEqual([1, [7]]);
  });

  test("goes at once if it takes no part: its vote does not count", async () => {
    const rig = new Rig();
    rig.consenterIds = [1];
    rig.standsBy = "its log is gone";
    await rig.pass(MEMBERSHIP_CHECK_MS);
    expect(rig.isDone).toBe(true);
  });
});

describe("a member that the configuration names", () => {
  test("looks whether it still is when nobody has led it for long, and again after that time", async () => {
    const rig = new Rig();
    rig.isLed = false;
    await rig.pass(EVICTION_SUSPICION_MS - MEMBERSHIP_CHECK_MS);
    expect(rig.askedCount).toBe(0);
    await rig.pass(EVICTION_SUSPICION_MS);
    expect(rig.askedCount).toBe(1);
    await rig.pass(2 * EVICTION_SUSPICION_MS);
    expect(rig.askedCount).toBe(3);
    expect(rig.retired).toEqual([]);
  });

  test("does not look while it is led", async () => {
    const rig = new Rig();
    await rig.pass(3 * EVICTION_SUSPICION_MS);
    expect(rig.askedCount).toBe(0);
  });

  test("stays under its id when its certificate was replaced, unless it is all there is", async () => {
    const rig = new Rig();
    rig.isNamed = false;
    rig.isLed = false;
    await rig.pass(2 * EVICTION_SUSPICION_MS);
    expect(rig.isDone).toBe(false);
    rig.consenterIds = [2];
    rig.voters = [2];
    await rig.pass(MEMBERSHIP_CHECK_MS);
    expect(rig.isDone).toBe(true);
  });

  test("stays when a leader was found while it looked", async () => {
    const rig = new Rig();
    rig.isLed = false;
    rig.releasedBy = 7;
    rig.isFoundMeanwhile = true;
    await rig.pass(2 * EVICTION_SUSPICION_MS);
    expect([rig.askedCount, rig.retired]).toEqual([1, []]);
  });

  test("asks nobody any more once it is stopped", async () => {
    const rig = new Rig();
    rig.isLed = false;
    rig.departure.stop();
    await rig.pass(2 * EVICTION_SUSPICION_MS);
    expect(rig.askedCount).toBe(0);
  });
});
