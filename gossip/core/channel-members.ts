import type { PeerId } from "./claims.ts";
import type { Source } from "./state-transfer.ts";

/** Who is in the channel: alive, of its organisations, and known to be in it. */
export interface ChannelMembers {
  /** Members whose ledgers are taller than `height`: all where they are few, else some drawn at random. */
  sources(height: number): readonly Source[];
  /** Up to `count` members of this peer's organisation, drawn at random among those that `accept` takes. */
  drawOwn(count: number, accept: (member: Source) => boolean): readonly Source[];
  /** All members of this peer's organisation besides it, unless there are more than `countMax`. */
  fewOwn(countMax: number): readonly Source[] | undefined;
  /** Peers that have claimed to be in it. */
  readonly claimCount: number;
  isOwnMember(peer: PeerId): boolean;
  /** The height of the tallest ledger of a member. */
  readonly tallest: number;
  /** A member has shown that it has so many blocks. */
  noteHeight(peer: PeerId, height: number): void;
}
