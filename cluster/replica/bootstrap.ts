/** How Fabric starts a Raft group, so that the log positions of early blocks come out the same. */
import { sha256 } from "../../src/crypto/index.ts";
import { utf8 } from "../../src/kernel/bytes.ts";
import { RaftConfChange, RaftConfChangeType, create, encode } from "../../src/wire/index.ts";
import type { Entry, HardState } from "../raft/index.ts";

const BOOTSTRAP_TERM = 1;

/**
 * The log that every member of a new group starts with: Fabric: one committed entry for each member in term 1, which
 * adds it. The first leader's empty entry follows, then the first block.
 */
export function bootstrapLog(voters: readonly number[]): {
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
} {
  const entries = voters.map((nodeId, position): Entry => {
    const change = create(RaftConfChange, { type: RaftConfChangeType.ConfChangeAddNode, nodeId });
    const data = encode(RaftConfChange, change);
    return { type: "confChange", term: BOOTSTRAP_TERM, index: position + 1, data };
  });
  const hardState = { term: BOOTSTRAP_TERM, votedFor: undefined, commit: entries.length };
  return { hardState, entries };
}

/**
 * Fabric: the member of a new group that campaigns first, by a hash of the channel's name, so that the groups of many
 * channels are not all led by one node. Ids are 1 to `voterCount`.
 */
export function firstCampaigner(channelId: string, voterCount: number): number {
  const seed = uvarint(sha256(utf8(channelId)).subarray(24));
  return Number(seed % BigInt(voterCount)) + 1;
}

// Up to 56 bits, beyond what a number holds; 0 when the bytes end within the varint, as in Go.
function uvarint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [position, byte] of bytes.entries()) {
    value |= BigInt(byte & 0x7f) << BigInt(7 * position);
    if (byte < 0x80) return value;
  }
  return 0n;
}
