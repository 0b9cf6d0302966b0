/** B38 of docs/TESTING.md: a leader whose process stood still does not know that it was replaced. */
import { beforeAll, describe, expect, test } from "vitest";
import { sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { CalmGroup } from "./calm-group.ts";
import { DeliverReader } from "./deliver-reader.ts";
import type { SimulatedOrderer } from "./simulated-orderer.ts";

/** Transactions that fill a block. */
const BLOCK_COUNT = 5;
/** Longer than any election. */
const PAUSE_MS = 2_000;

let sample: SampleChannel;

beforeAll(async () => {
  sample = await sampleChannel();
});

/** A leader that has proposed blocks which nobody else has, is paused, and was replaced by one that has ordered others. */
async function replaced(seed: number): Promise<{
  readonly group: CalmGroup;
  readonly old: SimulatedOrderer;
  /** Reads at `old` since before the pause. */
  readonly early: DeliverReader;
  /** Of blocks that were committed when it was paused. */
  readonly height: number;
}> {
  const group = await CalmGroup.start(seed);
  const old = group.leader;
  for (let count = 0; count < 3; count += 1) await group.acknowledged(old);
  await group.time.advance(100);
  const { height } = old;
  const early = await DeliverReader.open(old, sample);
  await early.untilBlocks(height);
  group.isolate(old);
  for (let count = 0; count < 2 * BLOCK_COUNT; count += 1) void group.send(old);
  // Long enough for its own disk, too short for an election.
  await group.time.advance(30);
  expect([old.isLeader, old.height]).toEqual([true, height]);
  expect(old.lastIndex).toBeGreaterThan(old.commitIndex);
  old.pause();
  await group.time.advance(PAUSE_MS);
  const next = group.orderers.find((each) => each !== old && each.isLeader)!;
  for (let count = 0; count < 4; count += 1) await group.acknowledged(next);
  expect(next.height).toBeGreaterThan(height + 2);
  expect(old.height).toBe(height);
  return { group, old, early, height };
}

/** Every reader saw each number once, in order, to the end, and what all have at that number. */
async function checkShown(
  group: CalmGroup,
  old: SimulatedOrderer,
  readers: readonly DeliverReader[],
): Promise<void> {
  for (const reader of readers) {
    await reader.untilBlocks(old.height);
    await reader.close();
    expect(reader.blocks.map(({ header }) => header!.number)).toEqual([...reader.blocks.keys()]);
    for (const [number, shown] of reader.blocks.entries()) {
      for (const orderer of group.orderers) {
        const block = await orderer.block(number);
        expect([block?.header, block?.data]).toEqual([shown.header, shown.data]);
      }
    }
  }
}

/** Everybody hears everybody again, and has all blocks. */
async function heal(group: CalmGroup, old: SimulatedOrderer): Promise<void> {
  group.heal();
  await group.time.advance(5_000);
  await group.acknowledged(old);
  await group.time.advance(1_000);
  await group.check();
}

describe.each([1, 2, 3, 4])(
  "Deliver at a leader that was paused and replaced (seed %i)",
  (seed) => {
    test("shows no block that it proposed and nobody committed, while it believes to lead", async () => {
      const { group, old, early, height } = await replaced(seed);
      old.resume();
      expect(old.isLeader).toBe(true);
      const misled = await DeliverReader.open(old, sample);
      await misled.untilBlocks(height);
      await group.time.advance(1_000);
      expect([early.blocks.length, misled.blocks.length]).toEqual([height, height]);
      await heal(group, old);
      await checkShown(group, old, [early, misled]);
    });

    test("shows one content for each number, when it is told at once what came meanwhile", async () => {
      const { group, old, early } = await replaced(seed);
      group.heal();
      await group.time.advance(200);
      old.resume();
      const late = await DeliverReader.open(old, sample);
      await heal(group, old);
      await checkShown(group, old, [early, late]);
    });
  },
);
