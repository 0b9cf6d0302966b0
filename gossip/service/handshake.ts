/**
 * How two ends of a stream prove who they are: each signs a message with its identity and the hash of the TLS certificate that
 * it presents, so that nobody between them can pass the one's proof on to the other.
 */
import { sha256 } from "../../src/crypto/index.ts";
import { EMPTY_BYTES, equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import {
  GossipMessage_Tag as Tag,
  type ConnEstablish,
  type GossipEnvelope,
} from "../../src/wire/index.ts";
import type { PeerId } from "../core/index.ts";
import { readMessage, sealMessage, toEnvelope } from "./gossip-message.ts";
import { peerIdOf, pkiIdOf } from "./peer-identity.ts";
import type { IdentityPort } from "./ports.ts";

/** A stream of envelopes, from either end. */
export interface EnvelopeStream {
  readonly incoming: AsyncIterator<GossipEnvelope, unknown>;
  send(envelope: GossipEnvelope): Promise<void>;
  /** DER of the certificate of this end; undefined without TLS. */
  readonly localCertificate: Uint8Array | undefined;
  /** DER of the certificate of the other end, known once something has come from there. */
  peerCertificate(): Uint8Array | undefined;
  /** Idempotent. */
  close(): void;
}

/** Who is at the other end, proved. */
export interface RemotePeer {
  readonly peer: PeerId;
  readonly pkiId: Uint8Array;
  readonly mspId: string;
  readonly serialized: Uint8Array;
  readonly notAfterMs: number;
}

export type HandshakeResult =
  | { readonly ok: true; readonly remote: RemotePeer; readonly isProbe: boolean }
  | { readonly ok: false; readonly reason: string };

export interface HandshakeDeps {
  readonly signer: Signer;
  readonly identities: IdentityPort;
  readonly clock: Clock;
  /** PKI-ID of this peer. */
  readonly pkiId: Uint8Array;
}

/** Sends this end's proof and judges the other's. Rejects when the stream breaks; the caller bounds the time. */
export async function shakeHands(
  deps: HandshakeDeps,
  stream: EnvelopeStream,
): Promise<HandshakeResult> {
  await stream.send(await proof(deps, stream.localCertificate));
  const first = await stream.incoming.next();
  if (first.done === true) return refused("the other end closed before it proved who it is");
  return judge(deps, stream, first.value);
}

async function proof(
  { signer, pkiId }: HandshakeDeps,
  certificate: Uint8Array | undefined,
): Promise<GossipEnvelope> {
  const tlsCertHash = certificate === undefined ? EMPTY_BYTES : sha256(certificate);
  const value: ConnEstablish = { pkiId, identity: signer.identity, tlsCertHash, probe: false };
  return toEnvelope(
    await sealMessage(signer, { content: { $case: "conn", value }, tag: Tag.EMPTY }),
  );
}

async function judge(
  deps: HandshakeDeps,
  stream: EnvelopeStream,
  envelope: GossipEnvelope,
): Promise<HandshakeResult> {
  const reading = readMessage(envelope.payload);
  if (!reading.ok || reading.message.content.$case !== "conn") {
    return refused("the first message does not establish a connection");
  }
  const claim = reading.message.content.value;
  const pkiId = pkiIdOf(claim.identity);
  if (pkiId === undefined || !equalBytes(pkiId, claim.pkiId)) {
    return refused("the PKI-ID is not that of the identity");
  }
  if (equalBytes(pkiId, deps.pkiId)) return refused("this is the peer itself");
  const isBound = isBoundTo(claim.tlsCertHash, stream);
  if (!isBound) return refused("the proof is not bound to the other end's TLS certificate");
  const identity = deps.identities.validate(claim.identity);
  if (!identity.ok) return refused(`the identity is not valid: ${identity.reason}`);
  if (identity.notAfterMs <= deps.clock.wallMs()) return refused("the identity has expired");
  if (!(await identity.verify(envelope.payload, envelope.signature))) {
    return refused("the signature is not the identity's");
  }
  const { mspId, notAfterMs } = identity;
  const serialized = claim.identity.slice();
  return {
    ok: true,
    remote: { peer: peerIdOf(pkiId), pkiId, mspId, serialized, notAfterMs },
    isProbe: claim.probe,
  };
}

function isBoundTo(tlsCertHash: Uint8Array, stream: EnvelopeStream): boolean {
  // Without TLS at this end there is nothing to be bound to.
  if (stream.localCertificate === undefined) return true;
  const certificate = stream.peerCertificate();
  return certificate !== undefined && equalBytes(tlsCertHash, sha256(certificate));
}

function refused(reason: string): HandshakeResult {
  return { ok: false, reason };
}
