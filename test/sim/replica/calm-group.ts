import { expect } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { Envelope, decode, type Block } from "../../../src/wire/index.ts";
import type { OrderResult } from "../../../cluster/ordering/index.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { SimulatedNetwork } from "./network.ts";
import { SimulatedOrderer } from "./simulated-orderer.ts";

const CALM = { lostPerMille: 0, repeatedPerMille: 0, delayMsMax: 5 };

/** Three orderers over a network without faults, and what they acknowledged. */
export class CalmGroup {
  readonly time: SimulatedTime = new SimulatedTime();
  readonly orderers: readonly SimulatedOrderer[];
  readonly #network: SimulatedNetwork;
  readonly #acknowledged: { readonly payload: Uint8Array; readonly blockNumber: number }[] = [];
  #count = 0;

  private constructor(seed: number) {
    const network = new SimulatedNetwork(this.time, new SeededRandom(seed), CALM);
    this.#network = network;
    const fetch = (from: number, number: number): Promise<Block | undefined> =>
      this.orderers.find(({ id }) => id !== from)!.block(number);
    this.orderers = [1, 2, 3].map(
      (id) => new SimulatedOrderer(id, this.time, network, new SeededRandom(seed * 10 + id), fetch),
    );
    for (const orderer of this.orderers) orderer.diskFreeBytesMin = 1;
  }

  /** Resolves when one of them leads. */
  static async start(seed: number): Promise<CalmGroup> {
    const group = new CalmGroup(seed);
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

  /** Nothing passes between it and the others. */
  isolate({ id }: SimulatedOrderer): void {
    for (const { id: other } of this.orderers) {
      this.#network.cut(id, other);
      this.#network.cut(other, id);
    }
  }

  heal(): void {
    this.#network.heal();
  }

  /** Has `at` order a transaction of its own. */
  order(at: SimulatedOrderer): Promise<OrderResult> {
    return this.meanwhile(this.send(at));
  }

  /** As `order`, but time stands still. */
  async send(at: SimulatedOrderer): Promise<OrderResult> {
    this.#count += 1;
    const payload = utf8(`transaction ${this.#count} ${"x".repeat(200)}`);
    const envelope: Envelope = { payload, signature: utf8("s") };
    const result = await at.order(envelope);
    if (result.kind === "ordered") this.#acknowledged.push({ payload, ...result });
    return result;
  }

  async acknowledged(at: SimulatedOrderer): Promise<void> {
    expect((await this.order(at)).kind).toBe("ordered");
  }

  /** Time goes on until `promise` is settled. */
  async meanwhile<T>(promise: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const done = promise.finally(() => (state.isDone = true));
    while (!state.isDone) await this.time.advance(10);
    return done;
  }

  /** Every orderer has the same blocks, and all that was acknowledged is where it was said to be. */
  async check(): Promise<void> {
    const [height = 0] = this.heights;
    expect(this.heights).toEqual([height, height, height]);
    for (let number = 0; number < height; number += 1) {
      const [first, ...others] = await Promise.all(this.orderers.map((each) => each.block(number)));
      for (const other of others) expect(other!.data).toEqual(first!.data);
    }
    for (const { payload, blockNumber } of this.#acknowledged) {
      const block = await this.orderers[0]!.block(blockNumber);
      const payloads = block!.data!.data.map((bytes) => decode(Envelope, bytes).payload);
      expect(payloads).toContainEqual(payload);
    }
  }
}
