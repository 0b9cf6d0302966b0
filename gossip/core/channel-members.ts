import type { PeerId } from "./claims.ts";
import type { Source } from "./state-transfer.ts";

/** Who is in the channel: alive, of its organisations, and known to be in it. */
export interface ChannelMembers {
  /** What is known of the ledgers of all members; looks at each. */
  sources(): readonly Source[];
  /** Up to `count` members of this peer's organisation, drawn at random among those that `accept` takes. */
  drawOwn(count: number, accept: (member: Source) => boolean): readonly Source[];
  isOwnMember(peer: PeerId): boolean;
  /** The height of the tallest ledger of a member. */
  readonly tallest: number;
  /** A member has shown that it has so many blocks. */
  noteHeight(peer: PeerId, height: number): void;
}
