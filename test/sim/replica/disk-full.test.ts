import { expect, test } from "vitest";
import { CalmGroup } from "./calm-group.ts";
import type { SimulatedOrderer } from "./simulated-orderer.ts";

// What the watch over free bytes does not call scarce, and no block fits into.
const FREE_BYTES = 50;

/** There is room in its log, whose segments are made whole, and none for blocks. */
async function fill({ files }: SimulatedOrderer): Promise<void> {
  files.capacityBytes -= (await files.freeBytes()) - FREE_BYTES;
}

test.each([1, 2, 3])(
  "a leader without room for blocks hands over, refuses, and comes level when there is room (seed %i)",
  async (seed) => {
    const group = await CalmGroup.start(seed);
    const full = group.leader;
    await group.acknowledged(full);
    await fill(full);
    const other = group.orderers.find((each) => each !== full)!;
    // Ordered by the leader and durable at a majority: an orderer with room may say so.
    await group.acknowledged(other);
    await group.time.advance(2_000);
    expect(full.isFull).toBe(true);
    expect(group.leader).not.toBe(full);
    const refused = await group.order(full);
    expect(refused.kind === "unavailable" && refused.info).toMatch(/nearly full/);
    for (let count = 0; count < 20; count += 1) await group.acknowledged(other);
    expect(full.height).toBeLessThan(other.height);
    expect((await full.block(1))?.header?.number).toBe(1);
    full.files.capacityBytes = Number.MAX_SAFE_INTEGER;
    await group.time.advance(5_000);
    expect(full.isFull).toBe(false);
    await group.acknowledged(full);
    await group.time.advance(2_000);
    await group.check();
  },
);

test("a follower without room for blocks holds nobody up, and may end and begin again", async () => {
  const group = await CalmGroup.start(4);
  const full = group.orderers.find(({ isLeader }) => !isLeader)!;
  await fill(full);
  const { leader } = group;
  for (let count = 0; count < 10; count += 1) await group.acknowledged(leader);
  await group.time.advance(1_000);
  expect([full.isFull, full.height]).toEqual([true, 1]);
  await group.meanwhile(full.stop());
  full.files.capacityBytes = Number.MAX_SAFE_INTEGER;
  await group.meanwhile(full.start());
  await group.time.advance(5_000);
  await group.check();
});

test("three without room acknowledge nothing, and go on when there is room", async () => {
  const group = await CalmGroup.start(5);
  const { leader } = group;
  await group.acknowledged(leader);
  for (const orderer of group.orderers) await fill(orderer);
  const waiting = group.order(leader);
  await group.time.advance(1_500);
  for (const orderer of group.orderers) orderer.files.capacityBytes = Number.MAX_SAFE_INTEGER;
  expect((await waiting).kind).toBe("ordered");
  await group.time.advance(3_000);
  await group.check();
});
