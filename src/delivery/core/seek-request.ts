import { equalBytes } from "../../kernel/bytes.ts";
import {
  openEnvelope,
  timestampToMs,
  type Envelope,
  REQUEST_FIELDS_MAX,
} from "../../wire/index.ts";

/** A request for blocks, read down to its headers. `data` is the marshalled `SeekInfo`. */
export interface SeekRequest {
  readonly channelId: string;
  readonly creator: Uint8Array;
  /** The signed bytes. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly data: Uint8Array;
}

/** The answer of `readSeekRequest`; every refusal is a BAD_REQUEST. */
export type SeekRequestReading =
  | { readonly kind: "request"; readonly request: SeekRequest }
  | { readonly kind: "refused"; readonly reason: string };

/** What a request is held against. */
export interface SeekRequestChecks {
  readonly nowMs: number;
  readonly timeWindowMs: number;
  /** Present where requests must be bound to their TLS connection; without a hash the caller showed no certificate. */
  readonly tlsBinding?: { readonly certHash: Uint8Array | undefined };
}

/**
 * Reads the envelope of a request and checks its freshness and its binding to the TLS connection.
 * The header's type is not checked: Fabric's servers do not.
 */
export function readSeekRequest(envelope: Envelope, checks: SeekRequestChecks): SeekRequestReading {
  const reading = openEnvelope(envelope, REQUEST_FIELDS_MAX);
  if (reading.kind === "malformed") return refused(`the ${reading.defect} is malformed or missing`);
  const { channelHeader, signatureHeader, payload } = reading.opened;
  if (channelHeader.timestamp === undefined) return refused("the channel header has no timestamp");
  const ageMs = checks.nowMs - timestampToMs(channelHeader.timestamp);
  if (Math.abs(ageMs) > checks.timeWindowMs) {
    return refused(`the timestamp is ${ageMs} ms old, at most ${checks.timeWindowMs} are allowed`);
  }
  if (!isBound(channelHeader.tlsCertHash, checks.tlsBinding)) {
    return refused("the request is not bound to the TLS certificate of its connection");
  }
  return {
    kind: "request",
    request: {
      channelId: channelHeader.channelId,
      creator: signatureHeader.creator,
      payload: envelope.payload,
      signature: envelope.signature,
      data: payload.data,
    },
  };
}

function isBound(claimed: Uint8Array, binding: SeekRequestChecks["tlsBinding"]): boolean {
  if (binding === undefined) return true;
  return binding.certHash !== undefined && equalBytes(claimed, binding.certHash);
}

function refused(reason: string): SeekRequestReading {
  return { kind: "refused", reason };
}
