/**
 * What peers that probe each other say beyond Fabric's protocol: in the metadata of a hello that pulls nothing. Fabric's peers drop a hello
 * of no kind; none is sent to them all the same, since only those are probed whose alive message carries the mark.
 *
 * Layout: "heddle", version, kind, then the fields below; numbers are big-endian. An accusation is the accused (32), its run (8), its
 * rebuttals (8), the accuser (32), dead or suspected (1).
 */
import { concatBytes, equalBytes, utf8, utf8DecodeLeniently } from "../../src/kernel/bytes.ts";
import { ACCUSATIONS_MAX, type Accusation, type PeerId, type ProbeMessage } from "../core/index.ts";
import { peerIdOf, pkiIdOfPeer } from "./peer-identity.ts";

const VERSION = 1;
const HEAD: Uint8Array = Uint8Array.of(...utf8("heddle"), VERSION);
const PKI_ID_BYTES = 32;
const ACCUSATION_BYTES = PKI_ID_BYTES + 8 + 8 + PKI_ID_BYTES + 1;
const KINDS = ["probe", "ack", "probe-request", "nack", "accusations"] as const;

/** A probe message without its nonce, which the hello carries. */
export type ProbeFields =
  | {
      readonly kind: "probe" | "ack";
      readonly digest: number;
      readonly accusation: Accusation | undefined;
    }
  | { readonly kind: "probe-request"; readonly subject: PeerId }
  | { readonly kind: "nack" }
  | { readonly kind: "accusations"; readonly accusations: readonly Accusation[] };

export function probeBytes(message: ProbeMessage): Uint8Array {
  const kind = Uint8Array.of(KINDS.indexOf(message.kind));
  switch (message.kind) {
    case "probe":
    case "ack": {
      const digest = new Uint8Array(4);
      new DataView(digest.buffer).setUint32(0, message.digest);
      const { accusation } = message;
      const held = accusation === undefined ? [] : [accusationBytes(accusation)];
      return concatBytes(HEAD, kind, digest, ...held);
    }
    case "probe-request":
      return concatBytes(HEAD, kind, pkiIdOfPeer(message.subject));
    case "nack":
      return concatBytes(HEAD, kind);
    case "accusations":
      return concatBytes(HEAD, kind, ...message.accusations.map(accusationBytes));
  }
}

/** Undefined for anything else than what `probeBytes` makes. */
export function readProbe(bytes: Uint8Array): ProbeFields | undefined {
  if (!equalBytes(bytes.subarray(0, HEAD.length), HEAD)) return undefined;
  const kind = KINDS[bytes[HEAD.length] ?? KINDS.length];
  if (kind === undefined) return undefined;
  const rest = bytes.subarray(HEAD.length + 1);
  switch (kind) {
    case "probe":
    case "ack": {
      const accusations = readAccusations(rest.subarray(4));
      if (rest.length < 4 || accusations === undefined || accusations.length > 1) return undefined;
      const digest = new DataView(rest.buffer, rest.byteOffset).getUint32(0);
      return { kind, digest, accusation: accusations[0] };
    }
    case "probe-request":
      return rest.length === PKI_ID_BYTES ? { kind, subject: peerIdOf(rest) } : undefined;
    case "nack":
      return rest.length === 0 ? { kind } : undefined;
    case "accusations": {
      const accusations = readAccusations(rest);
      return accusations === undefined ? undefined : { kind, accusations };
    }
  }
}

function accusationBytes(accusation: Accusation): Uint8Array {
  const numbers = new Uint8Array(16);
  const view = new DataView(numbers.buffer);
  view.setBigUint64(0, accusation.incarnation);
  view.setBigUint64(8, BigInt(accusation.rebuttals));
  const { peer, accuser, isDead } = accusation;
  return concatBytes(
    pkiIdOfPeer(peer),
    numbers,
    pkiIdOfPeer(accuser),
    Uint8Array.of(isDead ? 1 : 0),
  );
}

function readAccusations(bytes: Uint8Array): readonly Accusation[] | undefined {
  const count = bytes.length / ACCUSATION_BYTES;
  if (!Number.isInteger(count) || count > ACCUSATIONS_MAX) return undefined;
  return Array.from({ length: count }, (_, index) =>
    readAccusation(bytes.subarray(index * ACCUSATION_BYTES, (index + 1) * ACCUSATION_BYTES)),
  );
}

function readAccusation(bytes: Uint8Array): Accusation {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    peer: peerIdOf(bytes.subarray(0, PKI_ID_BYTES)),
    incarnation: view.getBigUint64(PKI_ID_BYTES),
    // A count that no peer can have reached is about nothing that anybody said, however it is rounded.
    rebuttals: Number(view.getBigUint64(PKI_ID_BYTES + 8)),
    accuser: peerIdOf(bytes.subarray(PKI_ID_BYTES + 16, 2 * PKI_ID_BYTES + 16)),
    isDead: bytes[ACCUSATION_BYTES - 1] === 1,
  };
}

const PROBE_MARK = "rebuttals";
const HEIGHT_MARK = "height";
const MARK_BYTES_MAX = 64;

/** The mark of a peer that answers probes, in the metadata of its alive messages, which Fabric's peers pass on and do not read. */
export function probeMark(rebuttals: number): Uint8Array {
  return mark(PROBE_MARK, rebuttals);
}

/** The count of rebuttals in a mark; undefined where there is none. */
export function readProbeMark(metadata: Uint8Array): number | undefined {
  return readMark(PROBE_MARK, metadata);
}

/** The height of a ledger, in the metadata of a hello that pulls blocks. */
export function heightMark(height: number): Uint8Array {
  return mark(HEIGHT_MARK, height);
}

/** Undefined where there is none: the sender asks as Fabric's peers do. */
export function readHeightMark(metadata: Uint8Array): number | undefined {
  return readMark(HEIGHT_MARK, metadata);
}

function mark(name: string, value: number): Uint8Array {
  return utf8(`heddle/${VERSION} ${name}=${value}`);
}

function readMark(name: string, metadata: Uint8Array): number | undefined {
  if (metadata.length === 0 || metadata.length > MARK_BYTES_MAX) return undefined;
  const prefix = `heddle/${VERSION} ${name}=`;
  // Not the strict reading: what is no text is no mark, and nothing to fail over.
  const text = utf8DecodeLeniently(metadata);
  if (!text.startsWith(prefix)) return undefined;
  const value = text.slice(prefix.length);
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** The buckets of a membership, as a request carries them in its field of what is known. */
export function knownBytes(known: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(known.length * 4);
  const view = new DataView(bytes.buffer);
  known.forEach((sum, index) => {
    view.setUint32(index * 4, sum);
  });
  return bytes;
}

/** Undefined where there are none that this peer could use. */
export function readKnown(
  known: readonly Uint8Array[],
  bucketsMax: number,
): Uint32Array | undefined {
  const [bytes] = known;
  if (bytes === undefined || known.length !== 1) return undefined;
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.length > bucketsMax * 4) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
}
