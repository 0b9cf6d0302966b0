import { tryDecode } from "./codec.ts";
import { ChannelHeader, Envelope, Payload, SignatureHeader } from "./gen/common/common.ts";

/** An envelope with the layers that every reader needs; `payload.data` stays marshalled. */
export interface OpenedEnvelope {
  readonly envelope: Envelope;
  readonly payload: Payload;
  readonly channelHeader: ChannelHeader;
  readonly signatureHeader: SignatureHeader;
}

/** The first layer of an envelope that could not be read. */
export type EnvelopeDefect =
  "envelope" | "payload" | "missing-header" | "channel-header" | "signature-header";

/** The answer of `openEnvelope`. */
export type EnvelopeReading =
  | { readonly kind: "opened"; readonly opened: OpenedEnvelope }
  | { readonly kind: "malformed"; readonly defect: EnvelopeDefect };

/**
 * Reads an envelope, marshalled or not, down to its two headers, none of them with more than `fieldsMax` fields. Checks form
 * only: no signature, no meaning.
 */
export function openEnvelope(source: Uint8Array | Envelope, fieldsMax?: number): EnvelopeReading {
  const envelope = source instanceof Uint8Array ? tryDecode(Envelope, source, fieldsMax) : source;
  if (envelope === undefined) return malformed("envelope");
  const payload = tryDecode(Payload, envelope.payload, fieldsMax);
  if (payload === undefined) return malformed("payload");
  if (payload.header === undefined) return malformed("missing-header");
  const channelHeader = tryDecode(ChannelHeader, payload.header.channelHeader, fieldsMax);
  if (channelHeader === undefined) return malformed("channel-header");
  const signatureHeader = tryDecode(SignatureHeader, payload.header.signatureHeader, fieldsMax);
  if (signatureHeader === undefined) return malformed("signature-header");
  return { kind: "opened", opened: { envelope, payload, channelHeader, signatureHeader } };
}

/**
 * Fabric: an envelope in a block must have a payload and a signature and must marshal to the very bytes it came in.
 * Otherwise two byte strings could stand for one signed transaction.
 */
export function isCanonicalEnvelope(bytes: Uint8Array): boolean {
  const envelope = tryDecode(Envelope, bytes);
  return envelope !== undefined && isCanonicalForm(bytes, envelope);
}

/** As `isCanonicalEnvelope`, of bytes and what they decode to. */
export function isCanonicalForm(bytes: Uint8Array, { payload, signature }: Envelope): boolean {
  if (payload.length === 0 || signature.length === 0) return false;
  // One byte of tag and the shortest length before each, and nothing else: no shorter form exists, nor another as long. Both
  // are views into `bytes`.
  const payloadStart = 1 + varintLength(payload.length);
  const signatureStart = payloadStart + payload.length + 1 + varintLength(signature.length);
  return (
    payload.byteOffset === bytes.byteOffset + payloadStart &&
    signature.byteOffset === bytes.byteOffset + signatureStart &&
    bytes.length === signatureStart + signature.length
  );
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

function malformed(defect: EnvelopeDefect): EnvelopeReading {
  return { kind: "malformed", defect };
}
