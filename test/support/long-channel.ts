/** The files of an orderer alone in its channel, as they are after many blocks: written by the real store and log. */
import {
  nextBlock,
  ordererValue,
  sealedBlock,
  tipOf,
  type WholeBlock,
} from "../../cluster/ordering/core/block-assembly.ts";
import { OrderedWindow } from "../../cluster/ordering/core/ordered-window.ts";
import { transactionKey } from "../../cluster/ordering/core/transaction-key.ts";
import { ORDERED_WINDOW_COUNT } from "../../cluster/ordering/limits.ts";
import { WindowCheckpoint } from "../../cluster/ordering/window-checkpoint.ts";
import { initialSnapshot, type Entry } from "../../cluster/raft/index.ts";
import { bootstrapLog } from "../../cluster/replica/bootstrap.ts";
import { systemTimers } from "../../src/kernel/adapters/system-timers.ts";
import { recordMember } from "../../cluster/replica/set-aside.ts";
import { WriteAheadLog } from "../../cluster/replica/write-ahead-log.ts";
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import { silentLogger } from "../../src/kernel/ports/logger.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import { Block, emptyBlockMetadata, encode } from "../../src/wire/index.ts";

export interface LongChannelOptions {
  readonly files: Files;
  /** Gets `blocks` and `raft`. */
  readonly directory: string;
  readonly channelId: string;
  readonly genesis: Block;
  /** The genesis block included. */
  readonly blockCount: number;
  /** Marshalled envelopes of one block. */
  readonly envelopesOf: (block: number) => readonly Uint8Array[];
  /** Keeps the window of ordered transactions beside the blocks. Default false: as an orderer that was never started. */
  readonly keepsWindow?: boolean;
  /** Bytes of entries from one snapshot to the next. */
  readonly snapshotIntervalBytes: number;
}

const RAFT_ID = 1;
const TERM = 2;
// Before the first block's entry come the one that adds the member and the one that opens the leader's term.
const ENTRIES_BEFORE = 2;
const BATCH_BLOCKS = 64;

/** Writes them. Nobody has signed the blocks: an orderer believes what its own disk holds. */
export async function writeLongChannel(options: LongChannelOptions): Promise<void> {
  const { files, directory, channelId, genesis, blockCount } = options;
  const blocks = await BlockStore.open({
    files,
    timers: systemTimers,
    directory: `${directory}/blocks`,
    logger: silentLogger,
  });
  const owner = `${channelId}/${RAFT_ID}`;
  const raft = `${directory}/raft`;
  const { log } = await WriteAheadLog.open(
    { files, logger: silentLogger },
    { directory: raft, owner },
  );
  await recordMember(files, raft, owner);
  await blocks.append(genesis);
  const first = bootstrapLog([RAFT_ID]);
  const opening: Entry = { index: 2, term: TERM, type: "normal", data: EMPTY_BYTES };
  await log.append({ ...first, entries: [...first.entries, opening] });
  const checkpoint = new WindowCheckpoint(
    { files, logger: silentLogger, blocks },
    { directory, countMax: ORDERED_WINDOW_COUNT },
  );
  const window = new OrderedWindow(ORDERED_WINDOW_COUNT);
  const past = new LoggedPast(log, options.snapshotIntervalBytes);
  let tip = tipOf(genesis.header!);
  for (let start = 1; start < blockCount; start += BATCH_BLOCKS) {
    const batch: WholeBlock[] = [];
    const end = Math.min(start + BATCH_BLOCKS, blockCount);
    for (let number = start; number < end; number += 1) {
      const block = nextBlock(tip, options.envelopesOf(number));
      tip = tipOf(block.header);
      batch.push(block);
    }
    await past.append(batch);
    await Promise.all(batch.map((block) => blocks.append(sealed(block))));
    for (const block of options.keepsWindow === true ? batch : []) {
      const keys = block.data.data.map((bytes) => transactionKey(bytes));
      window.append(block.header.number, keys);
      checkpoint.noted(window, keys.length);
    }
  }
  await checkpoint.close();
  await log.close();
  await blocks.close();
}

/** The log as a replica keeps it: a snapshot after so many bytes, and nothing from before it. */
class LoggedPast {
  readonly #log: WriteAheadLog;
  readonly #intervalBytes: number;
  #unsavedBytes = 0;

  constructor(log: WriteAheadLog, intervalBytes: number) {
    this.#log = log;
    this.#intervalBytes = intervalBytes;
  }

  async append(batch: readonly WholeBlock[]): Promise<void> {
    const entries = batch.map((block): Entry => {
      const logged = { ...block, metadata: emptyBlockMetadata() };
      const data = encode(Block, logged);
      this.#unsavedBytes += data.length;
      return { index: indexOf(block), term: TERM, type: "normal", data };
    });
    const last = entries.at(-1)!;
    const hardState = { term: TERM, votedFor: RAFT_ID, commit: last.index };
    await this.#log.append({ hardState, entries });
    if (this.#unsavedBytes < this.#intervalBytes) return;
    this.#unsavedBytes = 0;
    const { configuration } = initialSnapshot([RAFT_ID]);
    await this.#log.takeSnapshot({ index: last.index, term: TERM, configuration, data: last.data });
    await this.#log.removeUpTo(last.index);
  }
}

function indexOf({ header }: WholeBlock): number {
  return header.number + ENTRIES_BEFORE;
}

function sealed(block: WholeBlock): Block {
  const value = ordererValue({
    lastConfig: 0,
    consenterIds: [RAFT_ID],
    nextConsenterId: RAFT_ID + 1,
    raftIndex: indexOf(block),
  });
  return sealedBlock(block, 0, value, []);
}
