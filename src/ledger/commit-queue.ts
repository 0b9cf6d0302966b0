import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { KvStore, KvWrite } from "../kernel/ports/kv-store.ts";
import type { Block } from "../wire/index.ts";
import type { BlockStore } from "./block-store.ts";
import { COMMITS_WAITING_MAX, COMMIT_GROUP_BYTES_MAX, COMMIT_GROUP_COUNT_MAX } from "./limits.ts";

/** What a ledger writes in one piece. */
export interface Commit {
  /** Goes to the block files first; absent where they have it, or where it is about no block. */
  readonly block?: Block;
  readonly writes: readonly KvWrite[];
  /** It is durable; called in order. Must not throw. */
  readonly onWritten: (times: WriteTimes) => void;
}

/** How long the group of a commit took to write. */
export interface WriteTimes {
  readonly blockStorageMs: number;
  readonly stateMs: number;
}

export interface CommitQueueDeps {
  readonly blocks: Pick<BlockStore, "append">;
  readonly state: Pick<KvStore, "write">;
  readonly clock: Clock;
  /**
   * Nothing that waits will be written; answers what to reject it with. `isStateUnknown`: whether the state has the writes of
   * a durable block is not known.
   */
  readonly onFailed: (cause: unknown, isStateUnknown: boolean) => unknown;
}

interface Waiting extends Commit {
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Makes commits durable in their order: the blocks, then their writes. Those that come while others are being written share the
 * next flush of the block file and the next batch of the state, so that a ledger that is given many blocks does not wait
 * for the disk twice for each.
 *
 * Invariant: no write is in the state before the blocks up to its own are durable.
 */
export class CommitQueue {
  readonly #deps: CommitQueueDeps;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps;
  }

  /** Resolves when the commit is durable. Rejects with what `onFailed` answers, as do all those behind it. */
  add(commit: Commit): Promise<void> {
    assert(this.hasRoom, "whoever plans a commit has looked whether there is room");
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...commit, bytes: bytesOf(commit), resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Whether one more commit has room. */
  get hasRoom(): boolean {
    return this.#waiting.length < COMMITS_WAITING_MAX;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  // Never rejects: each commit has its own answer.
  async #drain(): Promise<void> {
    // Commits of this turn share the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeGroup(this.#nextGroup());
    this.#draining = undefined;
  }

  #nextGroup(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((commit, index) => {
      bytes += commit.bytes;
      return index > 0 && (bytes > COMMIT_GROUP_BYTES_MAX || index >= COMMIT_GROUP_COUNT_MAX);
    });
    return end === -1 ? [...this.#waiting] : this.#waiting.slice(0, end);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const { clock, state } = this.#deps;
    const startMs = clock.monotonicMs();
    const { stored, failure } = await this.#storeBlocks(group);
    const storedMs = clock.monotonicMs();
    try {
      if (stored.length > 0) await state.write(stored.flatMap(({ writes }) => writes));
    } catch (cause) {
      this.#fail(cause, true);
      return;
    }
    const stateMs = clock.monotonicMs() - storedMs;
    this.#waiting = this.#waiting.slice(stored.length);
    for (const { onWritten, resolve } of stored) {
      onWritten({ blockStorageMs: storedMs - startMs, stateMs });
      resolve();
    }
    if (failure !== undefined) this.#fail(failure.cause, false);
  }

  /** Those of the group, from the first on, whose blocks are durable. */
  async #storeBlocks(group: readonly Waiting[]): Promise<{
    readonly stored: readonly Waiting[];
    readonly failure: { readonly cause: unknown } | undefined;
  }> {
    const { blocks } = this.#deps;
    const appended = await Promise.allSettled(
      group.map(({ block }) => (block === undefined ? Promise.resolve() : blocks.append(block))),
    );
    const end = appended.findIndex(({ status }) => status === "rejected");
    const refused = appended[end];
    if (refused?.status !== "rejected") return { stored: group, failure: undefined };
    return { stored: group.slice(0, end), failure: { cause: refused.reason } };
  }

  #fail(cause: unknown, isStateUnknown: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const error = this.#deps.onFailed(cause, isStateUnknown);
    for (const { reject } of waiting) reject(error);
  }
}

function bytesOf({ block, writes }: Commit): number {
  const envelopes = block?.data?.data ?? [];
  return (
    envelopes.reduce((sum, { length }) => sum + length, 0) +
    writes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
  );
}
