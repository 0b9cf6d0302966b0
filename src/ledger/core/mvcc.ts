import { TxValidationCode } from "../../wire/index.ts";
import { BlockUpdates } from "./block-updates.ts";
import type { CommittedState } from "./committed-state.ts";
import { isRangeUnchanged } from "./phantom-check.ts";
import type { NamespaceReadsWrites, ReadWriteSet } from "./read-write-set.ts";
import { applyWrites } from "./tx-operations.ts";
import { isSameVersion, versionFromWire } from "./version.ts";

/** A transaction that has passed the checks before this one and may write. */
export interface CandidateTransaction {
  /** Index in the block. */
  readonly index: number;
  readonly set: ReadWriteSet;
}

export interface ValidatedBlock {
  /** Of the candidates that failed, by index in the block. The others are valid. */
  readonly conflicts: ReadonlyMap<number, TxValidationCode>;
  readonly updates: BlockUpdates;
}

/**
 * Multi-version concurrency control: the candidates of a block in order, each against the committed state and the
 * writes of the valid ones before it. Fabric: a read conflicts with any earlier write of the block to its key, even one
 * that would leave the same version.
 */
export function validateReads(
  blockNumber: number,
  candidates: readonly CandidateTransaction[],
  state: CommittedState,
): ValidatedBlock {
  const updates = new BlockUpdates();
  const conflicts = new Map<number, TxValidationCode>();
  for (const { index, set } of candidates) {
    const code = verdict(set, updates, state);
    if (code === TxValidationCode.VALID) {
      applyWrites(set, { blockNumber, txNumber: index }, updates, state);
    } else {
      conflicts.set(index, code);
    }
  }
  return { conflicts, updates };
}

/** As `validateReads` for transactions already known to be valid: a block that is applied again after a crash. */
export function replayWrites(
  blockNumber: number,
  valid: readonly CandidateTransaction[],
  state: CommittedState,
): BlockUpdates {
  const updates = new BlockUpdates();
  for (const { index, set } of valid) {
    applyWrites(set, { blockNumber, txNumber: index }, updates, state);
  }
  return updates;
}

// The order of the checks decides the code: namespaces as listed, in each its reads, ranges, hashed reads.
function verdict(
  set: ReadWriteSet,
  updates: BlockUpdates,
  state: CommittedState,
): TxValidationCode {
  for (const part of set) {
    if (!areReadsCurrent(part, updates, state)) return TxValidationCode.MVCC_READ_CONFLICT;
    const isUnchanged = part.kv.rangeQueriesInfo.every((query) =>
      isRangeUnchanged(part.namespace, query, updates, state),
    );
    if (!isUnchanged) return TxValidationCode.PHANTOM_READ_CONFLICT;
    if (!areHashedReadsCurrent(part, updates, state)) return TxValidationCode.MVCC_READ_CONFLICT;
  }
  return TxValidationCode.VALID;
}

function areReadsCurrent(
  { namespace, kv }: NamespaceReadsWrites,
  updates: BlockUpdates,
  state: CommittedState,
): boolean {
  return kv.reads.every(({ key, version }) => {
    if (updates.publicUpdate(namespace, key) !== undefined) return false;
    const committed = state.publicEntry(namespace, key)?.version;
    return isSameVersion(committed, versionFromWire(version));
  });
}

function areHashedReadsCurrent(
  { namespace, collections }: NamespaceReadsWrites,
  updates: BlockUpdates,
  state: CommittedState,
): boolean {
  return collections.every(({ collection, hashed }) =>
    hashed.hashedReads.every(({ keyHash, version }) => {
      if (updates.hashedUpdate(namespace, collection, keyHash) !== undefined) return false;
      const committed = state.hashedEntry(namespace, collection, keyHash)?.version;
      return isSameVersion(committed, versionFromWire(version));
    }),
  );
}
