import { describe, expect, test } from "vitest";
import { RPC_QUEUE_COUNT_MAX } from "../../../../src/kernel/limits.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { StreamEnd, type Frame } from "../../../../src/sim/ports/simulated-stream.ts";

/** Two ends with what is on its way between them. */
class Wire {
  readonly #toFar: Frame[] = [];
  readonly #toNear: Frame[] = [];
  readonly near = new StreamEnd<number>(numberIn, (frame) => this.#toFar.push(frame));
  readonly far = new StreamEnd<number>(numberIn, (frame) => this.#toNear.push(frame));

  arriveAtFar(): void {
    deliver(this.#toFar, this.far);
  }

  arriveAtNear(): void {
    deliver(this.#toNear, this.near);
  }
}

function numberIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

function bytesOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function deliver(frames: Frame[], end: StreamEnd<number>): void {
  for (const frame of frames.splice(0)) {
    if (frame.kind === "message" || frame.kind === "room") end.receive(frame);
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

describe("a simulated stream", () => {
  test("never has more unread than its window, however late it is read, and brings everything", async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new SeededRandom(seed);
      const wire = new Wire();
      const total = 500;
      const sending = (async () => {
        for (let number = 0; number < total; number += 1) await wire.near.send(bytesOf(number));
      })();
      const taken: number[] = [];
      const reader = wire.far.received[Symbol.asyncIterator]();
      for (let step = 0; taken.length < total; step += 1) {
        expect(step).toBeLessThan(20 * total);
        await turns();
        if (random.below(2) === 0) wire.arriveAtFar();
        expect(wire.far.received.count).toBeLessThanOrEqual(RPC_QUEUE_COUNT_MAX);
        const count = random.below(1 + (seed % 7) * 10);
        for (let take = 0; take < count && wire.far.received.count > 0; take += 1) {
          const next = await reader.next();
          if (next.done !== true) taken.push(next.value);
        }
        if (random.below(3) === 0) wire.arriveAtNear();
        if (seed % 7 === 0 && wire.far.received.count > 0) {
          const next = await reader.next();
          if (next.done !== true) taken.push(next.value);
        }
      }
      // The last send waits for room that is on its way.
      wire.arriveAtNear();
      await sending;
      expect(taken).toEqual(Array.from({ length: total }, (_, number) => number));
    }
  });
});
