import type { Random } from "../../../src/kernel/ports/random.ts";
import type { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

export interface NetworkFaults {
  /** Of 1,000 messages. */
  readonly lostPerMille: number;
  readonly repeatedPerMille: number;
  readonly delayMsMax: number;
}

type Receiver = (from: number, bytes: Uint8Array) => void;

/** Carries bytes between numbered nodes: late, lost, twice, out of order, and not at all across a partition. */
export class SimulatedNetwork {
  faults: NetworkFaults;
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #receivers = new Map<number, Receiver>();
  #cut = new Set<string>();

  constructor(time: SimulatedTime, random: Random, faults: NetworkFaults) {
    this.#time = time;
    this.#random = random;
    this.faults = faults;
  }

  listen(node: number, receiver: Receiver): void {
    this.#receivers.set(node, receiver);
  }

  leave(node: number): void {
    this.#receivers.delete(node);
  }

  /** Cuts the way from `from` to `to`, one way. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`);
  }

  isOpen(from: number, to: number): boolean {
    return !this.#cut.has(`${from}>${to}`);
  }

  heal(): void {
    this.#cut = new Set();
  }

  send(from: number, to: number, bytes: Uint8Array): void {
    if (this.#chance(this.faults.lostPerMille)) return;
    const copies = this.#chance(this.faults.repeatedPerMille) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#time.after(1 + this.#random.below(this.faults.delayMsMax), () => {
        if (!this.#cut.has(`${from}>${to}`)) this.#receivers.get(to)?.(from, bytes);
      });
    }
  }

  #chance(perMille: number): boolean {
    return this.#random.below(1_000) < perMille;
  }
}
