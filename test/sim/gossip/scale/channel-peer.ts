import type { Channel, GossipOptions, PeerDirectory } from "../../../../gossip/core/index.ts";
import type { ArrivingMessage } from "./message-bytes.ts";

/** How a member of the organisation betrays it. */
export type Betrayal =
  /** What it pushes and serves are blocks that no orderer has made. */
  | "forges"
  /** It answers no request for blocks. */
  | "withholds"
  /** It pushes one block after the other that nobody can use yet. */
  | "floods";

export interface ChannelPlan {
  readonly seed: number;
  readonly size: number;
  readonly options?: Partial<GossipOptions>;
  /** Bytes of a block. Default 50,000. */
  readonly blockBytes?: number;
  /** Blocks that the ledger of a peer has at the start. Default 1. */
  readonly heightOf?: (index: number) => number;
  /** What the others know of it. Default: the same. */
  readonly knownHeightOf?: (index: number) => number;
  /** Of a network that was cut in parts: only those of the same part hold each other for alive, until `reunite`. */
  readonly sideOf?: (index: number) => number;
  /** Who is alive, as each peer sees it. Default: everybody knows everybody, and whom the test has stopped. */
  readonly directoryOf?: (index: number) => PeerDirectory;
  /** Whether deliverers are elected and fetch what the orderers make. Default: blocks come in where the test says. */
  readonly isElected?: boolean;
  /** Nobody answers probes: all speak as Fabric's peers do. Default false. */
  readonly isPlain?: boolean;
  readonly betrayalOf?: (index: number) => Betrayal | undefined;
  /** Verifying a block, and storing it, take up to so long. Default: no time. */
  readonly workMsMax?: number;
  /** Of the blocks that are to be stored, in 1/100: those that the ledger does not take at once. Default 0. */
  readonly storeFailurePercent?: number;
}

export interface ChannelPeer {
  readonly index: number;
  readonly name: string;
  readonly betrayal: Betrayal | undefined;
  channel: Channel;
  incarnation: bigint;
  height: number;
  isUp: boolean;
  /** Whether the others know that it is not. */
  isMissed: boolean;
  canReachOrderers: boolean;
  /** When each block was stored. */
  readonly storedMs: Map<number, number>;
  /** Payloads of blocks that have arrived. */
  copies: number;
}

/** What a test sees of a channel. */
export interface ChannelObserver {
  /** A channel wants a block stored. */
  readonly offered?: (peer: ChannelPeer, number: number, bytes: Uint8Array) => void;
  /** A channel holds `liar` for one that served a block which does not verify. */
  readonly offended?: (peer: ChannelPeer, liar: number) => void;
  readonly sent?: (from: ChannelPeer, to: number, message: ArrivingMessage) => void;
}
