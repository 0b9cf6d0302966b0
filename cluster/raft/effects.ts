import type { Entry } from "./entry.ts";
import type { HardState } from "./hard-state.ts";
import type { RaftMessage } from "./message.ts";
import type { Snapshot } from "./snapshot.ts";
import type { RaftTrace } from "./trace.ts";

/** Names a batch of writes: the driver hands it back in a "persisted" event, batch by batch in order. */
export interface PersistToken {
  /** Last index of the log with this batch. */
  readonly index: number;
  /** Term of this batch's hard state. */
  readonly term: number;
}

/**
 * What the driver must do, in plain data. Batches are handed out in an order, and so are their writes:
 *
 * 1. `sendNow` at once, beside the writes of this and of earlier batches.
 * 2. Write `hardState`, then `installSnapshot` (which replaces the whole log), then `append` (which replaces everything
 *    from append[0].index on), after all earlier batches. A crash may keep any prefix of that sequence and nothing else.
 * 3. With `persist`: flush; when this batch and all before it are on disk, send `sendAfterPersist` and step
 *    { type: "persisted", ...persist }. Without it a `hardState` needs no flush, only its place in the order.
 * 4. Apply `apply` in order and step { type: "applied", index }. May run beside the writes.
 * 5. When the batch of `installSnapshot` is durable, and what was handed out before is applied or given up, replace the
 *    application's state by the snapshot's and step { type: "snapshotInstalled", index }. Nothing is handed out between.
 *    A later snapshot may come first: then the earlier one may be left out.
 * 6. Let the reads of `readStates` go on once their index is applied.
 */
export interface RaftEffects {
  /** `undefined` when it did not change. */
  readonly hardState: HardState | undefined;
  /** From a leader. With `persist`. */
  readonly installSnapshot: Snapshot | undefined;
  readonly append: readonly Entry[];
  readonly persist: PersistToken | undefined;
  /** Promises nothing that is not yet durable. */
  readonly sendNow: readonly RaftMessage[];
  /** Votes, requests for votes, and acknowledgements. Empty without `persist`. */
  readonly sendAfterPersist: readonly RaftMessage[];
  /** Committed and durable here, consecutive, each handed out once since the start. */
  readonly apply: readonly Entry[];
  readonly readStates: readonly ReadState[];
  readonly trace: readonly RaftTrace[];
  /** Trace events dropped because nobody took them. */
  readonly traceDroppedCount: number;
}

/** The answer to a "readIndex" event with this context. */
export interface ReadState {
  readonly context: Uint8Array;
  readonly index: number;
}

/** True when there is nothing to do. */
export function isIdle(effects: RaftEffects): boolean {
  return (
    effects.hardState === undefined &&
    effects.persist === undefined &&
    effects.sendNow.length + effects.apply.length === 0 &&
    effects.readStates.length + effects.trace.length === 0
  );
}
