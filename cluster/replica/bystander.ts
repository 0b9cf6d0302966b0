import type { RaftMessage } from "../raft/index.ts";
import type { Leadership } from "./ports.ts";

/**
 * The part of a member that has forgotten what it promised: none. It only hears who leads, so that envelopes find their
 * way, and answers nobody: a vote could be its second one in a term, and even an acknowledgement could help a leader to
 * commit whose successor this member had already helped to elect.
 */
export class Bystander {
  #silenceTicksMax: number;
  #leaderId: number | undefined;
  #term = 0;
  #silentTicks = 0;

  /** A leader counts as lost after `silenceTicksMax` ticks in which it was not heard. */
  constructor(silenceTicksMax: number) {
    this.#silenceTicksMax = silenceTicksMax;
  }

  /** As for the constructor, from now on. */
  configure(silenceTicksMax: number): void {
    this.#silenceTicksMax = silenceTicksMax;
  }

  get leadership(): Leadership {
    return { role: "follower", term: this.#term, leaderId: this.#leaderId };
  }

  hear({ type, from, term }: RaftMessage): void {
    const isLeader = type === "append" || type === "heartbeat" || type === "snapshot";
    if (!isLeader || term < this.#term) return;
    this.#term = term;
    this.#leaderId = from;
    this.#silentTicks = 0;
  }

  tick(): void {
    this.#silentTicks += 1;
    if (this.#silentTicks >= this.#silenceTicksMax) this.#leaderId = undefined;
  }
}
