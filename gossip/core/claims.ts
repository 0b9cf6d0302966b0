/**
 * What peers sign about themselves. A claim reaches a core only after its signature has been verified with the identity
 * that its `peer` names; the sealed form travels on unchanged.
 */
import type { PeerTime } from "./peer-time.ts";

/** A peer's name: lower-case hexadecimal of its PKI-ID, so that order of text is order of bytes. */
export type PeerId = string;

/** A signed message in the very bytes it was received in. */
export interface SealedMessage {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** For the owner's organisation only: the endpoint inside it. */
  readonly secretEnvelope:
    { readonly payload: Uint8Array; readonly signature: Uint8Array } | undefined;
}

/** "I run, and here I am reached." */
export interface AliveClaim {
  readonly peer: PeerId;
  readonly mspId: string;
  readonly time: PeerTime;
  /** `host:port` for other organisations; empty when the owner does not want to be known to them. */
  readonly externalEndpoint: string;
  /** `host:port` inside the owner's organisation; undefined when it was not disclosed to this peer. */
  readonly internalEndpoint: string | undefined;
  /**
   * How often the owner has refuted, in this run, that it is dead; 0 or more. Undefined: it answers no probes, as Fabric's peers do not, and
   * its silence alone tells of its death.
   */
  readonly rebuttals: number | undefined;
  /** The `fingerprintOf` owner, run and rebuttals, taken once: memberships are compared by it all the time. */
  readonly fingerprint: number;
  readonly identity: IdentityRecord;
  readonly sealed: SealedMessage;
}

export interface RunnableChaincode {
  readonly name: string;
  readonly version: string;
}

/** "This is how far my ledger of the channel is, and this is what I can run." */
export interface StateClaim {
  readonly peer: PeerId;
  readonly mspId: string;
  readonly time: PeerTime;
  /** Count of blocks in the ledger: the number of the next one. */
  readonly height: number;
  readonly hasLeft: boolean;
  readonly chaincodes: readonly RunnableChaincode[];
  readonly sealed: SealedMessage;
}

/** "I would be (declaration: I am) the one who pulls blocks for our organisation." */
export interface LeadershipClaim {
  readonly peer: PeerId;
  readonly time: PeerTime;
  readonly isDeclaration: boolean;
  readonly sealed: SealedMessage;
}

/** A peer's identity as others may learn it. */
export interface IdentityRecord {
  readonly peer: PeerId;
  readonly mspId: string;
  /** Marshalled `msp.SerializedIdentity`. */
  readonly serialized: Uint8Array;
  /** Wall-clock end of the certificate. */
  readonly expiresAtMs: number;
  /** The identity message that its owner signed; undefined while only the identity itself is known. */
  readonly sealed: SealedMessage | undefined;
}

/** Who a core works for. */
export interface Self {
  readonly peer: PeerId;
  readonly mspId: string;
}
