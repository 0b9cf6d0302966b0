/** What gossip needs of the rest of a peer. */
import type { PrivateSetPlace } from "../../src/ledger/index.ts";
import type { StaticCollectionConfig } from "../../src/wire/index.ts";

/** The ledgers of the channels that were joined. */
export interface LedgerView {
  /** Count of blocks: the number of the next one. */
  height(channelId: string): number;
  /** Marshalled `common.Block`; undefined when the ledger does not have it. */
  block(channelId: string, number: number): Promise<Uint8Array | undefined>;
}

/** Where blocks go, in order of their numbers, each after it has been verified. */
export interface BlockSink {
  /**
   * Resolves once the block is in the ledger, or was there already: deliverer and gossip may bring the same one. A rejection means that the
   * ledger could not take it; it is offered again later.
   */
  offer(channelId: string, number: number, blockBytes: Uint8Array): Promise<void>;
}

export type BlockVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Judges a block before anybody believes it: its place in the chain, its content, its orderers' signatures. */
export interface BlockVerifier {
  /** Asked about a number only when the ledger has every block below it; a verdict is believed at once. A rejection counts as no. */
  verify(channelId: string, number: number, blockBytes: Uint8Array): Promise<BlockVerdict>;
}

export type PeerIdentityVerdict =
  | {
      readonly ok: true;
      readonly mspId: string;
      /** Wall-clock end of the certificate. */
      readonly notAfterMs: number;
      verify(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
    }
  | { readonly ok: false; readonly reason: string };

/** Says whether a marshalled `msp.SerializedIdentity` is one of the local MSP or of any joined channel. Called often: to be cached. */
export interface IdentityPort {
  validate(serialized: Uint8Array): PeerIdentityVerdict;
}

/** What other peers' TLS certificates must chain to, as of now. */
export interface TlsTrust {
  /** PEM certificates. */
  rootsPem(): readonly Uint8Array[];
}

/** A set that another peer asks for, or is asked for. */
export interface PrivateSetDigest extends PrivateSetPlace {
  /** Empty where only the place in the block is known. */
  readonly txId: string;
}

/** A private write set of one collection on its way from its endorser. */
export interface PushedPrivateSet {
  readonly channelId: string;
  readonly namespace: string;
  readonly collection: string;
  readonly txId: string;
  /** Ledger height at endorsement. */
  readonly height: number;
  /** Marshalled `KVRWSet`. */
  readonly bytes: Uint8Array;
  /** The collection as the endorser knows it; undefined where it is implicit, and of a set that was received. */
  readonly config: StaticCollectionConfig | undefined;
}

/** How many other peers shall get a collection's private values before an endorsement counts, and how many at most. */
export interface PrivateTerms {
  readonly requiredPeers: number;
  readonly maximumPeers: number;
  /** Undefined for an implicit collection. */
  readonly config: StaticCollectionConfig | undefined;
}

/** The private data of the channels that were joined. */
export interface PrivateDataPort {
  /** Whether the owner of a marshalled `SerializedIdentity` may hold the collection's private values, by its newest definition. */
  isMember(
    channelId: string,
    place: Pick<PrivateSetPlace, "namespace" | "collection">,
    identity: Uint8Array,
  ): boolean;
  /** A collection's terms by its newest definition; undefined where it has none. */
  terms(
    channelId: string,
    place: Pick<PrivateSetPlace, "namespace" | "collection">,
  ): PrivateTerms | undefined;
  /** Keeps a set for its transaction, durably. Resolves with the reason where it does not. */
  keep(set: PushedPrivateSet): Promise<string | undefined>;
  /** The sets that are held, as marshalled `KVRWSet`s: of a transaction not yet committed there may be several. */
  read(channelId: string, digest: PrivateSetDigest): readonly Uint8Array[];
}
