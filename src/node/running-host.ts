import type { ChannelOrderer } from "../../cluster/ordering/index.ts";
import type { GossipMember } from "../../gossip/service/index.ts";
import type { PeerChannel } from "./peer-channel.ts";
import type { TlsMaterial } from "./world.ts";

/** A node that serves. */
export interface RunningHost {
  /** Where it listens; chosen by the system when the configuration says 0. */
  readonly port: number;
  readonly operationsPort: number;
  /** Of the channel participation API; absent where it is not served. */
  readonly adminPort?: number;
  /** Presents another certificate to whoever connects from now on. Throws for what is no certificate with its key. */
  renewTls(renewed: TlsMaterial): void;
  /** Ends everything in order, outermost first. Idempotent. */
  close(): Promise<void>;
}

/** What a node has of a channel's chain. */
export interface StoredBlocks {
  readonly height: number;
  /** Marshalled; undefined for what it has not. */
  readBytes(number: number): Promise<Uint8Array | undefined>;
}

export interface RunningOrderer extends RunningHost {
  /** Undefined for a channel that it does not order. */
  channel(channelId: string): ChannelOrderer | undefined;
  /** Of a channel that it orders or follows. */
  blocks(channelId: string): StoredBlocks | undefined;
}

export interface RunningPeer extends RunningHost {
  /** Undefined for a channel that it has not joined. */
  channel(channelId: string): PeerChannel | undefined;
  /** The peers of a joined channel as this one knows them, itself first. */
  members(channelId: string): readonly GossipMember[];
}
