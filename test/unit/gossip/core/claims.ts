/** Claims of peers that need no signature to be told apart. */
import { EMPTY_BYTES, utf8 } from "../../../../src/kernel/bytes.ts";
import {
  fingerprintOf,
  type AliveClaim,
  type IdentityRecord,
  type LeadershipClaim,
  type PeerId,
  type SealedMessage,
  type StateClaim,
} from "../../../../gossip/core/index.ts";

export const NO_SEAL: SealedMessage = {
  payload: EMPTY_BYTES,
  signature: EMPTY_BYTES,
  secretEnvelope: undefined,
};

export function identityOf(peer: PeerId, mspId = "Org1MSP"): IdentityRecord {
  return { peer, mspId, serialized: utf8(peer), expiresAtMs: 1e15, sealed: NO_SEAL };
}

export function aliveClaim(
  peer: PeerId,
  sequence: number,
  changes: Partial<AliveClaim> = {},
): AliveClaim {
  const time = { incarnation: 1n, sequence: BigInt(sequence) };
  const claim = {
    peer,
    mspId: "Org1MSP",
    time,
    externalEndpoint: `${peer}:7051`,
    internalEndpoint: undefined,
    rebuttals: 0,
    identity: identityOf(peer, changes.mspId),
    sealed: { ...NO_SEAL, payload: utf8(`${peer} ${sequence}`) },
    ...changes,
  };
  return { ...claim, fingerprint: fingerprintOf(claim) };
}

export function stateClaim(
  peer: PeerId,
  sequence: number,
  changes: Partial<StateClaim> = {},
): StateClaim {
  return {
    peer,
    mspId: "Org1MSP",
    time: { incarnation: 1n, sequence: BigInt(sequence) },
    height: 1,
    hasLeft: false,
    chaincodes: [],
    sealed: NO_SEAL,
    ...changes,
  };
}

export function leadershipClaim(
  peer: PeerId,
  sequence: number,
  isDeclaration: boolean,
): LeadershipClaim {
  return {
    peer,
    time: { incarnation: 1n, sequence: BigInt(sequence) },
    isDeclaration,
    sealed: NO_SEAL,
  };
}
