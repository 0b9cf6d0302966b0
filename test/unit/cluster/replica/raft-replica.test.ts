import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import { RaftReplica, type Entry, type Leadership } from "../../../../cluster/replica/index.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../sim/ports/simulated-time.ts";

/** A group of one, whose disk the test spoils. */
class Rig {
  readonly time = new SimulatedTime();
  readonly random = new SeededRandom(3);
  readonly files = new SimulatedFiles({ random: this.random });
  readonly applied: Entry[] = [];
  readonly leaderships: Leadership[] = [];
  readonly failures: Error[] = [];
  snapshotIntervalBytes = Infinity;
  onApply: () => Promise<void> = () => Promise.resolve();

  async start(appliedIndex = 0): Promise<RaftReplica> {
    const replica = await RaftReplica.open(
      {
        files: this.files,
        clock: this.time,
        timers: this.time,
        random: this.random,
        logger: silentLogger,
        meter: silentMeter,
        transport: { send: () => undefined },
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
      },
      appliedIndex,
    );
    replica.start({
      apply: async (entries) => {
        await this.onApply();
        this.applied.push(...entries);
      },
      snapshotIntervalBytes: () => this.snapshotIntervalBytes,
      snapshotData: () => Promise.resolve(utf8("state")),
      restore: () => Promise.resolve(),
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
