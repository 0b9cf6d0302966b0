/** Turns envelopes into claims: first what they say, then, if anybody wants to know, whether their owner said it. */
import type { Clock } from "../../src/kernel/ports/clock.ts";
import { EMPTY_BYTES, equalBytes } from "../../src/kernel/bytes.ts";
import {
  Secret,
  tryDecodeRequest,
  type AliveMessage,
  type GossipEnvelope,
  type LeadershipMessage,
  type PeerTime as WirePeerTime,
  type SecretEnvelope,
  type StateInfo,
} from "../../src/wire/index.ts";
import {
  CHAINCODES_PER_CLAIM_MAX,
  fingerprintOf,
  sealedBytes,
  type AliveClaim,
  type IdentityRecord,
  type LeadershipClaim,
  type PeerId,
  type PeerTime,
  type StateClaim,
} from "../core/index.ts";
import { readMessage, sealedCopy } from "./gossip-message.ts";
import { ALIVE_CLAIM_BYTES_MAX, ENDPOINT_LENGTH_MAX } from "./limits.ts";
import type { Refusal } from "./metrics.ts";
import { peerIdOf, pkiIdOf } from "./peer-identity.ts";
import type { IdentityPort } from "./ports.ts";
import { readProbeMark } from "./probe-wire.ts";

/** What an envelope says before anything has been verified. */
export interface Draft<Value> {
  readonly envelope: GossipEnvelope;
  readonly peer: PeerId;
  readonly time: PeerTime;
  readonly value: Value;
}

export type Verified<Claim> =
  { readonly ok: true; readonly claim: Claim } | { readonly ok: false; readonly refusal: Refusal };

const PKI_ID_BYTES = 32;

export function draftAlive(envelope: GossipEnvelope): Draft<AliveMessage> | undefined {
  if (sealedBytes(envelope) > ALIVE_CLAIM_BYTES_MAX) return undefined;
  const reading = readMessage(envelope.payload);
  if (!reading.ok || reading.message.content.$case !== "aliveMsg") return undefined;
  const { value } = reading.message.content;
  const { membership } = value;
  if (membership === undefined || membership.endpoint.length > ENDPOINT_LENGTH_MAX)
    return undefined;
  return draft(envelope, membership.pkiId, value.timestamp, value);
}

export function draftState(envelope: GossipEnvelope): Draft<StateInfo> | undefined {
  const reading = readMessage(envelope.payload);
  if (!reading.ok || reading.message.content.$case !== "stateInfo") return undefined;
  return draftOfState(envelope, reading.message.content.value);
}

/** As `draftState`, of an envelope that has been read. */
export function draftOfState(
  envelope: GossipEnvelope,
  value: StateInfo,
): Draft<StateInfo> | undefined {
  if (value.properties === undefined) return undefined;
  return draft(envelope, value.pkiId, value.timestamp, value);
}

export function draftOfLeadership(
  envelope: GossipEnvelope,
  value: LeadershipMessage,
): Draft<LeadershipMessage> | undefined {
  return draft(envelope, value.pkiId, value.timestamp, value);
}

/** Verifies claims with the identities of their owners. */
export class ClaimVerifier {
  readonly #identities: IdentityPort;
  readonly #clock: Clock;
  readonly #recordOf: (peer: PeerId) => IdentityRecord | undefined;
  readonly #ownMspId: string;

  constructor(
    deps: {
      readonly identities: IdentityPort;
      readonly clock: Clock;
      /** The identity of a peer as far as it is known. */
      readonly recordOf: (peer: PeerId) => IdentityRecord | undefined;
    },
    ownMspId: string,
  ) {
    this.#identities = deps.identities;
    this.#clock = deps.clock;
    this.#recordOf = deps.recordOf;
    this.#ownMspId = ownMspId;
  }

  async alive(draft: Draft<AliveMessage>): Promise<Verified<AliveClaim>> {
    const attached = draft.value.identity;
    const identity =
      attached.length > 0 ? this.#record(attached, draft.peer) : this.#recordOf(draft.peer);
    if (identity === undefined) {
      return { ok: false, refusal: attached.length > 0 ? "signature" : "identity" };
    }
    if (!(await this.#isSignedBy(identity, draft.envelope))) return BAD_SIGNATURE;
    const secret = await this.#readSecret(identity, draft.envelope.secretEnvelope);
    if (secret === "forged") return BAD_SIGNATURE;
    const sealed = sealedCopy(draft.envelope);
    const { peer, time } = draft;
    const rebuttals = readProbeMark(draft.value.membership?.metadata ?? EMPTY_BYTES);
    const alive: AliveClaim = {
      peer,
      mspId: identity.mspId,
      time,
      externalEndpoint: draft.value.membership?.endpoint ?? "",
      internalEndpoint: secret?.endpoint,
      rebuttals,
      fingerprint: fingerprintOf({ peer, time, rebuttals }),
      identity,
      sealed: secret === undefined ? { ...sealed, secretEnvelope: undefined } : sealed,
    };
    return { ok: true, claim: alive };
  }

  async state(draft: Draft<StateInfo>): Promise<Verified<StateClaim>> {
    const identity = this.#recordOf(draft.peer);
    if (identity === undefined) return { ok: false, refusal: "identity" };
    if (!(await this.#isSignedBy(identity, draft.envelope))) return BAD_SIGNATURE;
    const { properties } = draft.value;
    const claim: StateClaim = {
      peer: draft.peer,
      mspId: identity.mspId,
      time: draft.time,
      height: properties?.ledgerHeight ?? 0,
      hasLeft: properties?.leftChannel ?? true,
      chaincodes: (properties?.chaincodes ?? [])
        .slice(0, CHAINCODES_PER_CLAIM_MAX)
        .map(({ name, version }) => ({ name, version })),
      sealed: sealedCopy(draft.envelope),
    };
    return { ok: true, claim };
  }

  /** A leadership message is an affair of this peer's organisation. */
  async leadership(draft: Draft<LeadershipMessage>): Promise<Verified<LeadershipClaim>> {
    const identity = this.#recordOf(draft.peer);
    if (identity === undefined) return { ok: false, refusal: "identity" };
    if (identity.mspId !== this.#ownMspId) return { ok: false, refusal: "organization" };
    if (!(await this.#isSignedBy(identity, draft.envelope))) return BAD_SIGNATURE;
    const { peer, time, envelope, value } = draft;
    const sealed = sealedCopy(envelope);
    return { ok: true, claim: { peer, time, isDeclaration: value.isDeclaration, sealed } };
  }

  /** Reads and verifies an identity message: its owner signs it with the identity that is in it. */
  async identity(envelope: GossipEnvelope): Promise<Verified<IdentityRecord>> {
    const reading = readMessage(envelope.payload);
    if (!reading.ok || reading.message.content.$case !== "peerIdentity") {
      return { ok: false, refusal: "malformed" };
    }
    const { pkiId, cert } = reading.message.content.value;
    const record = this.#record(cert, peerIdOf(pkiId));
    if (record === undefined || !(await this.#isSignedBy(record, envelope))) return BAD_SIGNATURE;
    const sealed = { ...sealedCopy(envelope), secretEnvelope: undefined };
    return { ok: true, claim: { ...record, sealed } };
  }

  /** The identity `serialized` when it is valid and named `peer`. */
  #record(serialized: Uint8Array, peer: PeerId): IdentityRecord | undefined {
    const pkiId = pkiIdOf(serialized);
    if (pkiId === undefined || peerIdOf(pkiId) !== peer) return undefined;
    const known = this.#recordOf(peer);
    if (known !== undefined && equalBytes(known.serialized, serialized)) return known;
    const verdict = this.#identities.validate(serialized);
    if (!verdict.ok) return undefined;
    return {
      peer,
      mspId: verdict.mspId,
      serialized: serialized.slice(),
      expiresAtMs: verdict.notAfterMs,
      sealed: undefined,
    };
  }

  async #isSignedBy(
    { serialized }: IdentityRecord,
    { payload, signature }: { readonly payload: Uint8Array; readonly signature: Uint8Array },
  ): Promise<boolean> {
    if (signature.length === 0) return false;
    // Asked anew each time: an identity may have been revoked since, or have ended. What has ended is not believed from
    // whoever hands it on either, or the others would keep its owner alive among themselves.
    const verdict = this.#identities.validate(serialized);
    if (!verdict.ok || verdict.notAfterMs <= this.#clock.wallMs()) return false;
    return verdict.verify(payload, signature);
  }

  /** The endpoint inside the organisation; undefined when there is none for this peer to know. */
  async #readSecret(
    identity: IdentityRecord,
    secretEnvelope: SecretEnvelope | undefined,
  ): Promise<{ readonly endpoint: string } | "forged" | undefined> {
    if (secretEnvelope === undefined || identity.mspId !== this.#ownMspId) return undefined;
    if (!(await this.#isSignedBy(identity, secretEnvelope))) return "forged";
    const content = tryDecodeRequest(Secret, secretEnvelope.payload)?.content;
    const endpoint = content?.value ?? "";
    return endpoint === "" || endpoint.length > ENDPOINT_LENGTH_MAX ? undefined : { endpoint };
  }
}

const BAD_SIGNATURE = { ok: false, refusal: "signature" } as const;

function draft<Value>(
  envelope: GossipEnvelope,
  pkiId: Uint8Array,
  time: WirePeerTime | undefined,
  value: Value,
): Draft<Value> | undefined {
  if (time === undefined || pkiId.length !== PKI_ID_BYTES) return undefined;
  return {
    envelope,
    peer: peerIdOf(pkiId),
    time: { incarnation: BigInt(time.incNum), sequence: BigInt(time.seqNum) },
    value,
  };
}
