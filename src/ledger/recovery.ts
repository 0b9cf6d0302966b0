/** Brings a ledger's state to where its blocks are. */
import { assert } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
import type { KvStore } from "../kernel/ports/kv-store.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import { blockHeaderHash } from "../wire/index.ts";
import type { BlockStore } from "./block-store.ts";
import type { Commit } from "./commit-queue.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { LostPrivateSets } from "./core/lost-private-sets.ts";
import type { WrittenCollection } from "./core/private-updates.ts";
import { FIRST_SAVEPOINT, type Savepoint, decodeSavepoint } from "./core/savepoint.ts";
import { LedgerError } from "./errors.ts";
import type { LedgerTip } from "./ledger-tip.ts";
import { REPLAYED_TOGETHER_MAX } from "./limits.ts";

export interface RecoveryDeps {
  readonly channelId: string;
  readonly blocks: Pick<BlockStore, "height" | "read">;
  readonly tip: LedgerTip;
  readonly logger: Logger;
  /** Writes what was planned; resolves when it is durable. */
  readonly write: (
    planned: Pick<Commit, "writes"> & { readonly savepoint: Savepoint },
  ) => Promise<void>;
}

/** Where the state of a channel is. Throws `LedgerError` ("unsupported-format"). */
export function readSavepoint(state: Pick<KvStore, "get">, keys: ChannelKeys): Savepoint {
  const bytes = state.get(keys.savepoint());
  if (bytes === undefined) return FIRST_SAVEPOINT;
  const savepoint = decodeSavepoint(bytes);
  if (savepoint !== undefined) return savepoint;
  throw new LedgerError(
    "unsupported-format",
    "the state is of a format that this program does not read: open it with the version that wrote it",
    { data: { version: bytes[0] } },
  );
}

/** Applies blocks that a crash left unapplied. Rejects with `LedgerError` ("corrupt", "diverged"). */
export async function recover(deps: RecoveryDeps): Promise<void> {
  const { blocks, tip, logger, channelId } = deps;
  await checkTogether(deps);
  const first = tip.savepoint.height;
  if (first === blocks.height) return;
  const last = blocks.height - 1;
  logger.info("applying blocks that the state does not have yet", {
    channel: channelId,
    first,
    last,
  });
  const lost = new LostPrivateSets();
  for (let block = first; block <= last; block += REPLAYED_TOGETHER_MAX) {
    await replay(deps, block, Math.min(last, block + REPLAYED_TOGETHER_MAX - 1), lost);
  }
  reportLost(deps, lost);
}

async function checkTogether(deps: RecoveryDeps): Promise<void> {
  const { blocks, tip } = deps;
  const { height, blockHash } = tip.savepoint;
  if (height === 0) return;
  const newest = height <= blocks.height ? await blocks.read(height - 1) : undefined;
  if (newest?.header !== undefined && equalBytes(blockHeaderHash(newest.header), blockHash)) return;
  throw diverged(deps, height - 1, "the state was made from it, the block files do not have it");
}

async function replay(
  deps: RecoveryDeps,
  first: number,
  last: number,
  lost: LostPrivateSets,
): Promise<void> {
  const written: Promise<void>[] = [];
  try {
    for (let number = first; number <= last; number += 1) {
      const { writes, savepoint, collections } = await plan(deps, number);
      const done = deps.write({ writes, savepoint });
      // Met below; until then it must not count as unhandled.
      done.catch(() => undefined);
      written.push(done);
      lost.add(collections);
    }
  } finally {
    await Promise.allSettled(written);
  }
  await Promise.all(written);
}

async function plan(
  deps: RecoveryDeps,
  number: number,
): Promise<
  Pick<Commit, "writes"> & {
    readonly savepoint: Savepoint;
    readonly collections: readonly WrittenCollection[];
  }
> {
  const block = await deps.blocks.read(number);
  assert(block !== undefined, "a block below the store's height is there");
  const planned = deps.tip.replay(block);
  if (planned === undefined) throw diverged(deps, number, "it carries no verdicts");
  const { savepoint, writes, carriedHash } = planned;
  if (!equalBytes(carriedHash, savepoint.commitHash)) {
    throw diverged(deps, number, "its writes give another commit hash than it carries");
  }
  return { writes, savepoint, collections: planned.plan.writtenCollections };
}

// Blocks hold hashes of private values only. What was waiting in the store when the crash came is not lost.
function reportLost({ logger, channelId }: RecoveryDeps, lost: LostPrivateSets): void {
  if (lost.count === 0) return;
  logger.warn(
    "this peer lacks private values that the applied blocks wrote: only a backup of the state brings back those of its own organisation",
    { channel: channelId, writeSets: lost.count, collections: lost.collections },
  );
}

function diverged({ channelId }: RecoveryDeps, block: number, reason: string): LedgerError {
  return new LedgerError(
    "diverged",
    `state and block files of channel ${channelId} do not belong together at block ${block}: ${reason}; restore both from one backup, or delete both to fetch the blocks again`,
    { data: { channel: channelId, block } },
  );
}
