import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import {
  RaftReplica,
  type Entry,
  type Leadership,
  type RaftReplicaOptions,
} from "../../../../cluster/replica/index.ts";
import type { RaftMessage } from "../../../../cluster/raft/index.ts";
import { TICK_INTERVAL_MS_MAX, TICK_INTERVAL_MS_MIN } from "../../../../cluster/replica/limits.ts";
import type { Timers } from "../../../../src/kernel/ports/timers.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const GROUP = { voters: [1, 2, 3] };

/** A group of one, whose disk the test spoils. */
class Rig {
  readonly time = new SimulatedTime();
  readonly random = new SeededRandom(3);
  readonly files = new SimulatedFiles({ random: this.random });
  readonly applied: Entry[] = [];
  readonly leaderships: Leadership[] = [];
  readonly failures: Error[] = [];
  readonly gauges = new Map<string, number>();
  snapshotIntervalBytes = Infinity;
  readonly restored: number[] = [];
  readonly sent: RaftMessage[] = [];
  onApply: () => Promise<void> = () => Promise.resolve();

  async start(
    appliedIndex = 0,
    options: Partial<RaftReplicaOptions> = {},
    timers: Timers = this.time,
  ): Promise<RaftReplica> {
    const replica = await RaftReplica.open(
      {
        files: this.files,
        clock: this.time,
        timers,
        random: this.random,
        logger: silentLogger,
        meter: {
          ...silentMeter,
          gauge: ({ name }) => ({ set: (value): void => void this.gauges.set(name, value) }),
        },
        transport: { send: (message) => this.sent.push(message) },
      },
      {
        channelId: "ch1",
        raftId: 1,
        voters: [1],
        directory: "/raft",
        tickIntervalMs: 10,
        electionTicks: 10,
        heartbeatTicks: 1,
        messageBytesMax: 1_000,
        inflightMessagesMax: 5,
        segmentBytes: 16_384,
        diskFreeBytesMin: 0,
        ...options,
      },
      appliedIndex,
    );
    replica.start({
      apply: async (entries) => {
        await this.onApply();
        this.applied.push(...entries);
      },
      isFull: false,
      snapshotIntervalBytes: () => this.snapshotIntervalBytes,
      snapshotData: () => Promise.resolve(utf8("state")),
      restore: ({ index }) => {
        this.restored.push(index);
        return Promise.resolve();
      },
      leadershipChanged: (leadership) => this.leaderships.push(leadership),
      failed: (error) => this.failures.push(error),
    });
    await this.time.advance(5);
    return replica;
  }

  get appliedText(): string[] {
    return this.applied.map(
      ({ index, type, data }) => `${index} ${type} ${new TextDecoder().decode(data)}`,
    );
  }
}

describe("a replica", () => {
  test("alone leads at once; Fabric's entries come first", async () => {
    const rig = new Rig();
    const replica = await rig.start();
    expect(replica.leadership).toEqual({ role: "leader", term: 2, leaderId: 1 });
    replica.propose([utf8("a"), utf8("b")]);
    await rig.time.advance(5);
    expect(rig.appliedText.slice(1)).toEqual(["2 normal ", "3 normal a", "4 normal b"]);
    expect(rig.applied[0]!.type).toBe("confChange");
  });

  test("hands out after a restart what the application does not hold", async () => {
    const rig = new Rig();
    const first = await rig.start();
    first.propose([utf8("a"), utf8("b")]);
    await rig.time.advance(5);
    await first.close();
    rig.applied.length = 0;
    await rig.start(3);
    expect(rig.appliedText).toEqual(["4 normal b", "5 normal "]);
  });

  test("refuses a log that lacks what was applied", async () => {
    const rig = new Rig();
    const first = await rig.start();
    await first.close();
    await expect(rig.start(9)).rejects.toMatchObject({ code: "restored_state_inconsistent" });
  });

  test.each(["write", "sync"] as const)(
    "stops for good when a %s fails, and says so once",
    async (step) => {
      const rig = new Rig();
      const replica = await rig.start();
      rig.files.faults.fail(step, 1, "EIO");
      replica.propose([utf8("a")]);
      await rig.time.advance(5);
      expect(rig.failures.map((error) => error.message)).toEqual([
        expect.stringMatching(/writing the log in \/raft failed: .*EIO.*start this channel again/),
      ]);
      expect(replica.propose([utf8("b")])).toMatchObject({ accepted: false });
      expect(replica.leadership).toMatchObject({ role: "follower", leaderId: undefined });
      const before = rig.applied.length;
      await rig.time.advance(10_000);
      expect([rig.failures.length, rig.applied.length]).toEqual([1, before]);
      await replica.close();
    },
  );

  test("stops for good when the application fails", async () => {
    const rig = new Rig();
    const replica = await rig.start();
    rig.onApply = () => Promise.reject(new Error("the block store is full"));
    replica.propose([utf8("a")]);
    await rig.time.advance(5);
    expect(rig.failures.map((error) => error.message)).toEqual(["the block store is full"]);
    await replica.close();
  });

  test("applies one call at a time", async () => {
    const rig = new Rig();
    const replica = await rig.start();
    let openCount = 0;
    let openMax = 0;
    rig.onApply = async () => {
      openMax = Math.max(openMax, (openCount += 1));
      await new Promise<void>((resolve) => rig.time.after(7, resolve));
      openCount -= 1;
    };
    for (let count = 0; count < 10; count += 1) {
      replica.propose([utf8(String(count))]);
      await rig.time.advance(3);
    }
    await rig.time.advance(200);
    expect(openMax).toBe(1);
    expect(rig.appliedText.slice(-10).map((text) => text.at(-1))).toEqual(Array.from("0123456789"));
  });
});

describe("a replica's snapshots", () => {
  test("are taken every so many bytes, shorten the log, and are what it begins with", async () => {
    const rig = new Rig();
    rig.snapshotIntervalBytes = 5_000;
    const replica = await rig.start(0, { segmentBytes: 4_096 });
    for (let count = 0; count < 40; count += 1) {
      replica.propose([new Uint8Array(500).fill(count + 1)]);
      await rig.time.advance(5);
    }
    const { snapshotIndex, firstIndex, appliedIndex } = replica.status();
    expect(snapshotIndex).toBeGreaterThan(20);
    expect(firstIndex).toBe(snapshotIndex - 3);
    expect((await rig.files.list("/raft")).length).toBeLessThan(8);
    await replica.close();
    rig.applied.length = 0;
    const again = await rig.start(appliedIndex);
    expect(again.status()).toMatchObject({ snapshotIndex, firstIndex: snapshotIndex + 1 });
    expect(rig.restored).toEqual([]);
    expect(rig.applied.map((entry) => entry.index)).toEqual([appliedIndex + 1]);
    await again.close();
    await rig.start(snapshotIndex - 2);
    expect(rig.restored).toEqual([snapshotIndex]);
  });
});

describe("a replica without its log", () => {
  function spoil(rig: Rig): void {
    const path = "/raft/wal-0000000000000000.heddle";
    const bytes = rig.files.contentOf(path);
    bytes[600]! ^= 1;
    rig.files.overwrite(path, bytes);
  }

  test.each(["damaged", "gone"] as const)(
    "that is %s promises nothing, hears who leads, and stays so",
    async (how) => {
      const rig = new Rig();
      await (await rig.start(0, GROUP)).close();
      if (how === "damaged") spoil(rig);
      else await rig.files.remove("/raft/wal-0000000000000000.heddle");
      for (let round = 1; round <= 2; round += 1) {
        rig.sent.length = 0;
        rig.applied.length = 0;
        const replica = await rig.start(7, GROUP);
        expect(replica.standsBy).toMatch(how === "damaged" ? /is damaged at offset 512/ : /gone/);
        const addressed = { from: 2, to: 1, term: 4 };
        replica.receive({
          type: "vote",
          ...addressed,
          lastIndex: 9,
          lastTerm: 3,
          isTransfer: false,
        });
        replica.receive({ type: "heartbeat", ...addressed, commit: 0 });
        expect(replica.leadership).toEqual({ role: "follower", term: 4, leaderId: 2 });
        const entries = [{ type: "normal", index: 1, term: 4, data: utf8("a") } as const];
        replica.receive({
          type: "append",
          ...addressed,
          prevIndex: 0,
          prevTerm: 0,
          entries,
          commit: 1,
        });
        await rig.time.advance(1_000);
        expect([rig.sent, rig.applied.length, replica.leadership.leaderId]).toEqual([
          [],
          0,
          undefined,
        ]);
        await replica.close();
      }
      const aside = (await rig.files.list("/raft")).filter((name) => name.startsWith("aside-"));
      expect(aside).toHaveLength(how === "damaged" ? 1 : 0);
    },
  );

  test("whose end is missing stands by as well", async () => {
    const rig = new Rig();
    await (await rig.start(0, GROUP)).close();
    expect((await rig.start(9, GROUP)).standsBy).toBe("entry 9 is applied but its log ends at 3");
  });

  test("goes on after a crash at any step of putting it aside", async () => {
    let step = 0;
    for (let isOver = false; !isOver;) {
      step += 1;
      const rig = new Rig();
      await (await rig.start(0, GROUP)).close();
      spoil(rig);
      rig.files.faults.crashAfter(step);
      isOver = await rig.start(7, GROUP).then(
        () => true,
        () => false,
      );
      rig.files.powerLoss();
      rig.sent.length = 0;
      const replica = await rig.start(7, GROUP);
      expect(replica.standsBy).toBeDefined();
      expect(rig.sent).toEqual([]);
    }
    expect(step).toBeGreaterThan(10);
  });

  test("alone in its group cannot do without it", async () => {
    const rig = new Rig();
    await (await rig.start()).close();
    spoil(rig);
    await expect(rig.start(1)).rejects.toMatchObject({ code: "log_corrupt" });
  });

  test("of an earlier membership begins anew with its new id", async () => {
    const rig = new Rig();
    await (await rig.start(0, GROUP)).close();
    const replica = await rig.start(9, { raftId: 4, voters: [2, 3, 4] });
    expect(replica.standsBy).toBeUndefined();
    expect(replica.status()).toMatchObject({ lastIndex: 0, appliedIndex: 0 });
    await replica.close();
    await expect(rig.start(9, { raftId: 2, voters: [2, 3, 4] })).rejects.toMatchObject({
      code: "log_foreign",
    });
  });
});

test("a group of one leads whatever step of its first start it crashed at", async () => {
  let isOver = false;
  for (let step = 1; !isOver; step += 1) {
    const rig = new Rig();
    rig.files.faults.crashAfter(step);
    isOver = await rig.start().then(
      () => true,
      () => false,
    );
    rig.files.powerLoss();
    rig.leaderships.length = 0;
    const replica = await rig.start();
    await rig.time.advance(1_000);
    expect(replica.standsBy).toBeUndefined();
    expect(replica.leadership.role).toBe("leader");
    await replica.close();
  }
});

describe("a log of an earlier membership, when a crash comes while it is put aside", () => {
  const LATER = { raftId: 4, voters: [2, 3, 4] };

  /** Every crash from the first durable step on, until the start comes through. */
  async function afterEachCrash(check: (rig: Rig) => Promise<void>): Promise<number> {
    let isOver = false;
    let step = 0;
    while (!isOver) {
      step += 1;
      const rig = new Rig();
      await (await rig.start(0, GROUP)).close();
      rig.files.faults.crashAfter(step);
      isOver = await rig.start(9, LATER).then(
        () => true,
        () => false,
      );
      rig.files.powerLoss();
      rig.sent.length = 0;
      if (!isOver) await check(rig);
    }
    return step;
  }

  test("is no loss to the member of the later id: it takes part", async () => {
    const steps = await afterEachCrash(async (rig) => {
      const replica = await rig.start(9, LATER);
      expect(replica.standsBy).toBeUndefined();
      expect(replica.status()).toMatchObject({ lastIndex: 0, appliedIndex: 0 });
      await replica.close();
    });
    expect(steps).toBeGreaterThan(8);
  });

  test("leaves the member of before nothing to vote by, unless its log is as it was", async () => {
    const outcomes = new Set<string>();
    await afterEachCrash(async (rig) => {
      const outcome = await rig.start(0, GROUP).then(
        ({ standsBy }) => (standsBy === undefined ? "takes part" : "stands by"),
        (error: unknown) => (error as { readonly code: string }).code,
      );
      outcomes.add(outcome);
    });
    expect([...outcomes]).toEqual(["takes part", "stands by", "log_foreign"]);
  });
});

describe("a replica with little room on its disk", () => {
  test("orders nothing until there is room again", async () => {
    const rig = new Rig();
    const replica = await rig.start(0, { diskFreeBytesMin: 100_000 });
    replica.propose([utf8("a")]);
    rig.files.capacityBytes = 100_000;
    await rig.time.advance(1_500);
    expect(replica.readOnly).toMatch(/nearly full/);
    expect(replica.propose([utf8("b")])).toMatchObject({ accepted: false });
    rig.files.capacityBytes = 130_000;
    await rig.time.advance(1_500);
    expect(replica.readOnly).toBeDefined();
    rig.files.capacityBytes = 1_000_000;
    await rig.time.advance(1_500);
    expect(replica.readOnly).toBeUndefined();
    replica.propose([utf8("c")]);
    await rig.time.advance(5);
    expect(rig.appliedText.slice(-2)).toEqual(["3 normal a", "4 normal c"]);
  });

  test("lives through a log that cannot grow", async () => {
    const rig = new Rig();
    const replica = await rig.start(0, { diskFreeBytesMin: 1, segmentBytes: 1_536 });
    rig.files.capacityBytes = 1_600;
    for (const text of ["a", "b", "c"]) replica.propose([utf8(text)]);
    await rig.time.advance(50);
    const before = rig.applied.length;
    expect(before).toBeLessThan(5);
    rig.files.capacityBytes = 1_000_000;
    await rig.time.advance(3_000);
    expect(rig.failures).toEqual([]);
    expect(rig.appliedText.slice(-3)).toEqual(
      expect.arrayContaining([expect.stringMatching(/c$/)]),
    );
  });
});

test("a replica that is closed is no leader's and no member's in the metrics", async () => {
  const rig = new Rig();
  const replica = await rig.start();
  const shown = (): readonly unknown[] =>
    ["is_leader", "cluster_size"].map((name) => rig.gauges.get(`consensus_etcdraft_${name}`));
  expect(shown()).toEqual([1, 1]);
  await replica.close();
  expect(shown()).toEqual([0, 0]);
});

describe("what else a replica is asked for", () => {
  test("a read is confirmed by the leader, and refused without one", async () => {
    const rig = new Rig();
    const replica = await rig.start();
    replica.propose([utf8("a")]);
    await rig.time.advance(5);
    const answer = replica.readIndex();
    await rig.time.advance(50);
    expect(await answer).toBe(3);
    const waiting = replica.readIndex();
    await replica.close();
    await waiting.catch((error: unknown) => {
      expect(error).toMatchObject({ code: "read_refused" });
    });
    await expect(replica.readIndex()).rejects.toMatchObject({ code: "read_refused" });
  });

  test("a change of the members is in force once it is applied", async () => {
    const rig = new Rig();
    const replica = await rig.start();
    const ops = [{ type: "addLearner", id: 2 }] as const;
    const change = { transition: "auto", ops, context: new Uint8Array(0) } as const;
    expect(replica.proposeConfChange(change)).toMatchObject({ accepted: true });
    await rig.time.advance(20);
    expect(replica.status().configuration).toMatchObject({ voters: [1], learners: [2] });
  });

  test("leadership is not handed over by who does not lead, nor to who cannot take it", async () => {
    const rig = new Rig();
    const replica = await rig.start();
    const result = replica.transferLeadership(9);
    await rig.time.advance(500);
    expect(await result).toBe("failed");
    await replica.close();
    expect(await (await rig.start(1, { voters: [1, 2, 3] })).transferLeadership(2)).toBe(
      "not leader",
    );
  });
});

describe("a replica that is configured anew", () => {
  const GROUP = { voters: [1, 2, 3] };
  const TUNING = {
    tickIntervalMs: 10,
    electionTicks: 10,
    heartbeatTicks: 1,
    messageBytesMax: 1_000,
    inflightMessagesMax: 5,
  };

  async function msUntilCampaign(rig: Rig, replica: RaftReplica): Promise<number> {
    const startMs = rig.time.monotonicMs();
    replica.receive({ type: "heartbeat", from: 2, to: 1, term: 9, commit: 0 });
    rig.sent.length = 0;
    await rig.time.advance(100_000, () => rig.sent.some(({ type }) => type === "preVote"));
    return rig.time.monotonicMs() - startMs;
  }

  test("waits for a leader as long as the new options say, without a restart", async () => {
    const rig = new Rig();
    const replica = await rig.start(0, GROUP);
    const before = await msUntilCampaign(rig, replica);
    expect(before).toBeGreaterThanOrEqual(100);
    expect(before).toBeLessThan(200);
    replica.configure({ ...TUNING, tickIntervalMs: 50, electionTicks: 40 });
    const after = await msUntilCampaign(rig, replica);
    expect(after).toBeGreaterThanOrEqual(40 * 50);
    expect(after).toBeLessThan(80 * 50 + 50);
    replica.configure({ ...TUNING, tickIntervalMs: 1 });
    expect(await msUntilCampaign(rig, replica)).toBeLessThan(21);
    await replica.close();
    replica.configure(TUNING);
    rig.sent.length = 0;
    await rig.time.advance(1_000);
    expect(rig.sent).toEqual([]);
  });

  test("takes a tick that no timer can keep for the nearest that one can", async () => {
    const rig = new Rig();
    const every: number[] = [];
    const { time } = rig;
    const timers: Timers = {
      after: (delayMs, run) => time.after(delayMs, run),
      every: (intervalMs, run) => {
        every.push(intervalMs);
        return time.every(intervalMs, run);
      },
    };
    const replica = await rig.start(0, GROUP, timers);
    every.length = 0;
    for (const tickIntervalMs of [1e-6, 1e12]) replica.configure({ ...TUNING, tickIntervalMs });
    expect(every).toEqual([TICK_INTERVAL_MS_MIN, TICK_INTERVAL_MS_MAX]);
    await replica.close();
  });

  test("counts the silence of its leader anew while it stands by", async () => {
    const rig = new Rig();
    await (await rig.start(0, GROUP)).close();
    await rig.files.remove("/raft/wal-0000000000000000.heddle");
    const replica = await rig.start(7, GROUP);
    replica.configure({ ...TUNING, electionTicks: 100 });
    replica.receive({ type: "heartbeat", from: 2, to: 1, term: 4, commit: 0 });
    await rig.time.advance(900);
    expect(replica.leadership.leaderId).toBe(2);
    await rig.time.advance(200);
    expect(replica.leadership.leaderId).toBeUndefined();
  });
});
