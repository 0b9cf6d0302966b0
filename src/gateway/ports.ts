/**
 * What the gateway needs of its peer: `Ledger`, `ChannelConfigRef`, `GossipService`, `Endorser` and `GrpcDialer` fit as they
 * are.
 */
import type { ChannelConfig } from "../channel/index.ts";
import type { EndorserAnswer } from "../endorser/index.ts";
import type {
  CommittedBlock,
  NamespaceVersion,
  StateReader,
  TransactionRecord,
} from "../ledger/index.ts";
import type { Block, SignedProposal } from "../wire/index.ts";

/** A channel that the peer has joined. */
export interface GatewayChannel {
  readonly config: { current(): ChannelConfig };
  readonly ledger: GatewayLedger;
}

export interface GatewayChannels {
  channel(channelId: string): GatewayChannel | undefined;
}

/** The ledger of one channel. A `Ledger` is one. */
export interface GatewayLedger {
  /** Blocks committed. */
  readonly height: number;
  /** Where a transaction was committed; the first one where several carry the id. */
  transaction(txId: string): TransactionRecord | undefined;
  /** A committed block, with verdicts. */
  read(number: number): Promise<Block | undefined>;
  /** Resolves true once `height` blocks can be read, false when aborted or closed before. */
  waitForHeight(height: number, signal: AbortSignal): Promise<boolean>;
  /** Calls `listener` after each commit, once `transaction` knows of it; the result ends that. */
  subscribe(listener: (committed: CommittedBlock) => void): () => void;
  /** The same as long as the public state of the namespace is the same. */
  versionOf(namespace: string): NamespaceVersion;
  /** The state as it is now. Closed after use. */
  query(): Pick<StateReader, "getState" | "close">;
}

/** A peer of a channel that is alive. A `GossipMember` is one. */
export interface GatewayMember {
  readonly mspId: string;
  /** `host:port`. Empty when not known. */
  readonly endpoint: string;
  /** Marshalled `msp.SerializedIdentity`. */
  readonly identity: Uint8Array;
  /** Blocks of its ledger. */
  readonly height: number;
  /** What it can run, with sequences in decimal as versions. */
  readonly chaincodes: readonly { readonly name: string; readonly version: string }[];
  readonly isSelf: boolean;
}

/** Who is alive and has joined a channel, this peer included. A `GossipService` is one. */
export interface GatewayMembership {
  members(channelId: string): readonly GatewayMember[];
}

/** The peer's own endorser. An `Endorser` is one. */
export interface LocalEndorser {
  processProposal(
    signed: SignedProposal,
    call: { readonly signal: AbortSignal },
  ): Promise<EndorserAnswer>;
}
