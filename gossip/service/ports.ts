/** What gossip needs of the rest of a peer. */

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
