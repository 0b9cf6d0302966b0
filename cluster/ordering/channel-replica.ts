import type { ChannelConfig } from "../../src/channel/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import { Block, blockHeaderHash, tryDecode } from "../../src/wire/index.ts";
import { RaftReplica, type RaftReplicaDeps, type Snapshot } from "../replica/index.ts";
import { recordOf } from "./core/block-assembly.ts";
import { OrderingError } from "./errors.ts";
import { raftDirectory } from "./lingering.ts";
import { tuningOf } from "./raft-tuning.ts";

export interface ChannelReplicaOptions {
  readonly channelId: string;
  readonly raftId: number;
  /** Of a new group. */
  readonly voters: readonly number[];
  /** Of the channel at this node. */
  readonly directory: string;
  readonly config: ChannelConfig;
  /** Overrides the channel's own. */
  readonly tickIntervalMs?: number;
}

/**
 * Opens the log in `directory`, the channel's at this node, whose newest block is `newest`. Throws `OrderingError` for a log
 * that is not the blocks', and what `RaftReplica.open` throws.
 */
export async function openReplica(
  deps: RaftReplicaDeps,
  { channelId, raftId, voters, directory, config, tickIntervalMs }: ChannelReplicaOptions,
  newest: Block,
): Promise<RaftReplica> {
  const tuning = tuningOf(config, tickIntervalMs);
  if (tuning === undefined) {
    throw new OrderingError("not_raft", `channel ${channelId} has no Raft options`);
  }
  const appliedIndex = recordOf(newest)?.raftIndex ?? 0;
  const replica = await RaftReplica.open(
    deps,
    { channelId, raftId, voters, directory: raftDirectory(directory), ...tuning },
    appliedIndex,
  );
  if (appliedIndex === 0 || holdsBlock(replica, appliedIndex, newest)) return replica;
  await replica.close();
  throw new OrderingError(
    "log_mismatch",
    `entry ${appliedIndex} of the Raft log is not block ${newest.header?.number ?? 0}, which was written from it; ` +
      "restore the blocks and the log of one moment together",
  );
}

/** Of the block that stands for all before it; 0 without a snapshot. */
export function blockNumberOf(snapshot: Snapshot | undefined): number {
  return (snapshot && tryDecode(Block, snapshot.data)?.header?.number) ?? 0;
}

// A block that is older than the log, or was fetched from others, is in no entry here.
function holdsBlock(replica: RaftReplica, index: number, block: Block): boolean {
  const entry = replica.recoveredEntry(index);
  if (entry === undefined || replica.standsBy !== undefined) return true;
  const logged = tryDecode(Block, entry.data)?.header;
  if (logged === undefined || block.header === undefined) return false;
  return equalBytes(blockHeaderHash(logged), blockHeaderHash(block.header));
}
