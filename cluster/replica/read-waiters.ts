import { equalBytes } from "../../src/kernel/bytes.ts";
import type { ReadState } from "../raft/index.ts";
import { ReplicaError } from "./errors.ts";
import { READS_WAITING_MAX } from "./limits.ts";

const CONTEXT_BYTES = 8;

interface Waiter {
  readonly resolve: (index: number) => void;
  readonly reject: (error: ReplicaError) => void;
}

/** Reads that wait for the leader to say how far the log was committed when they were asked for. */
export class ReadWaiters {
  readonly #waiting = new Map<number, Waiter>();
  #next = 1;

  /** `context` tells the read from others; without one it is refused already. */
  add(): { readonly context: Uint8Array | undefined; readonly answer: Promise<number> } {
    if (this.#waiting.size >= READS_WAITING_MAX) {
      const error = refused(`${READS_WAITING_MAX} reads wait already`);
      return { context: undefined, answer: Promise.reject(error) };
    }
    const id = this.#next;
    this.#next += 1;
    const answer = new Promise<number>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    return { context: contextOf(id), answer };
  }

  answer({ context, index }: ReadState): void {
    for (const [id, waiter] of this.#waiting) {
      if (!equalBytes(contextOf(id), context)) continue;
      this.#waiting.delete(id);
      waiter.resolve(index);
      return;
    }
  }

  refuse(reason: string): void {
    for (const waiter of this.#waiting.values()) waiter.reject(refused(reason));
    this.#waiting.clear();
  }
}

function contextOf(id: number): Uint8Array {
  const context = new Uint8Array(CONTEXT_BYTES);
  new DataView(context.buffer).setBigUint64(0, BigInt(id));
  return context;
}

function refused(reason: string): ReplicaError {
  return new ReplicaError("read_refused", `the read cannot be confirmed: ${reason}; ask again`);
}
