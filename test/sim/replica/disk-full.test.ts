import { expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import type { Block, Envelope } from "../../../src/wire/index.ts";
import type { OrderResult } from "../../../cluster/ordering/index.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { SimulatedNetwork } from "./network.ts";
import { SimulatedOrderer } from "./simulated-orderer.ts";

const CALM = { lostPerMille: 0, repeatedPerMille: 0, delayMsMax: 5 };
// What the watch over free bytes does not call scarce, and no block fits into.
const FREE_BYTES = 50;

/** Three orderers; the disk of one has room in its log, whose segments are made whole, and none for blocks. */
class Group {
  readonly time = new SimulatedTime();
  readonly orderers: readonly SimulatedOrderer[];
  readonly #acknowledged: OrderResult[] = [];
  #count = 0;

  private constructor(seed: number) {
    const network = new SimulatedNetwork(this.time, new SeededRandom(seed), CALM);
    const fetch = (from: number, number: number): Promise<Block | undefined> =>
      this.orderers.find(({ id }) => id !== from)!.block(number);
    this.orderers = [1, 2, 3].map(
      (id) => new SimulatedOrderer(id, this.time, network, new SeededRandom(seed * 10 + id), fetch),
    );
    for (const orderer of this.orderers) orderer.diskFreeBytesMin = 1;
  }

  static async start(seed: number): Promise<Group> {
    const group = new Group(seed);
    await group.meanwhile(Promise.all(group.orderers.map((orderer) => orderer.start())));
    await group.time.advance(2_000);
    return group;
  }

  get leader(): SimulatedOrderer {
    const leaders = this.orderers.filter(({ isLeader }) => isLeader);
    expect(leaders).toHaveLength(1);
    return leaders[0]!;
  }

  get heights(): readonly number[] {
    return this.orderers.map(({ height }) => height);
  }

  order(at: SimulatedOrderer): Promise<OrderResult> {
    this.#count += 1;
    const payload = utf8(`transaction ${this.#count} ${"x".repeat(200)}`);
    const envelope: Envelope = { payload, signature: utf8("s") };
    return this.meanwhile(at.order(envelope));
  }

  async acknowledged(at: SimulatedOrderer): Promise<void> {
    const result = await this.order(at);
    expect(result.kind).toBe("ordered");
    this.#acknowledged.push(result);
  }

  async fill(orderer: SimulatedOrderer): Promise<void> {
    const { files } = orderer;
    files.capacityBytes -= (await files.freeBytes()) - FREE_BYTES;
  }

  async meanwhile<T>(promise: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const done = promise.finally(() => (state.isDone = true));
    while (!state.isDone) await this.time.advance(10);
    return done;
  }

  /** Every orderer has the same blocks, and all that was acknowledged is in them. */
  async check(): Promise<void> {
    const [height = 0] = this.heights;
    expect(this.heights).toEqual([height, height, height]);
    for (let number = 0; number < height; number += 1) {
      const [first, ...others] = await Promise.all(this.orderers.map((each) => each.block(number)));
      for (const other of others) expect(other!.data).toEqual(first!.data);
    }
    for (const result of this.#acknowledged) {
      expect(result.kind === "ordered" && result.blockNumber < height).toBe(true);
    }
  }
}

test.each([1, 2, 3])(
  "a leader without room for blocks hands over, refuses, and comes level when there is room (seed %i)",
  async (seed) => {
    const group = await Group.start(seed);
    const full = group.leader;
    await group.acknowledged(full);
    await group.fill(full);
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
  const group = await Group.start(4);
  const full = group.orderers.find(({ isLeader }) => !isLeader)!;
  await group.fill(full);
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
  const group = await Group.start(5);
  const { leader } = group;
  await group.acknowledged(leader);
  for (const orderer of group.orderers) await group.fill(orderer);
  const waiting = group.order(leader);
  await group.time.advance(1_500);
  for (const orderer of group.orderers) orderer.files.capacityBytes = Number.MAX_SAFE_INTEGER;
  expect((await waiting).kind).toBe("ordered");
  await group.time.advance(3_000);
  await group.check();
});
