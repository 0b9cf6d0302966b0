import {
  openEnvelope,
  HeaderType,
  Status,
  type Envelope,
  type OpenedEnvelope,
  REQUEST_FIELDS_MAX,
} from "../../../src/wire/index.ts";
import type { OrderedMessage } from "./block-cutter.ts";

/** An answer to a client, in Fabric's statuses and words. */
export interface Refusal {
  readonly status: Status;
  readonly info: string;
}

export type Classification =
  | { readonly kind: "normal"; readonly opened: OpenedEnvelope }
  | { readonly kind: "configUpdate"; readonly opened: OpenedEnvelope }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly opened: OpenedEnvelope | undefined;
    };

/** What an envelope is. Fabric: every type that is not one of the configuration's is a normal message, unknown ones too. */
export function classify(envelope: Envelope): Classification {
  const reading = openEnvelope(envelope, REQUEST_FIELDS_MAX);
  if (reading.kind === "malformed") {
    return { kind: "refused", refusal: malformed(reading.defect), opened: undefined };
  }
  const { opened } = reading;
  switch (opened.channelHeader.type) {
    case HeaderType.CONFIG_UPDATE:
      return { kind: "configUpdate", opened };
    case HeaderType.CONFIG:
      return refusedAs(opened, "message is of type that cannot be processed directly");
    case HeaderType.ORDERER_TRANSACTION:
      return refusedAs(opened, "message is of type that is no longer supported");
    default:
      return { kind: "normal", opened };
  }
}

/** Fabric's filters that need no signature, in order: emptiness, then size. */
export function checkSize(envelope: Envelope, absoluteBytesMax: number): Refusal | undefined {
  if (envelope.payload.length === 0) return badRequest("Message was empty");
  const size = sizeOf(envelope);
  if (size <= absoluteBytesMax) return undefined;
  return badRequest(
    `message payload is ${size} bytes and exceeds maximum allowed ${absoluteBytesMax} bytes`,
  );
}

/** Fabric: an identity whose certificate has ended may not order, though peers would still accept its signature. */
export function checkExpiration(notAfterMs: number, nowMs: number): Refusal | undefined {
  return notAfterMs < nowMs ? badRequest("broadcast client identity expired") : undefined;
}

export function badRequest(info: string): Refusal {
  return { status: Status.BAD_REQUEST, info };
}

/** Fabric: a policy that is not satisfied, whatever the reason, reads like this. */
export function forbidden(reason: string): Refusal {
  return { status: Status.FORBIDDEN, info: `${reason}: permission denied` };
}

export function unavailable(info: string): Refusal {
  return { status: Status.SERVICE_UNAVAILABLE, info };
}

/** Fabric: bytes of payload and signature. */
export function sizeOf(envelope: Envelope): number {
  return envelope.payload.length + envelope.signature.length;
}

/** The message to order. */
export function orderedMessage(envelope: Envelope, isConfig: boolean): OrderedMessage {
  return { envelope, sizeBytes: sizeOf(envelope), isConfig };
}

const DEFECTS = {
  envelope: "error unmarshalling Envelope",
  payload: "error unmarshalling Payload",
  "missing-header": "header not set",
  "channel-header": "error unmarshalling ChannelHeader",
  "signature-header": "error unmarshalling SignatureHeader",
} as const;

function malformed(defect: keyof typeof DEFECTS): Refusal {
  return badRequest(`could not determine channel ID: ${DEFECTS[defect]}`);
}

function refusedAs(opened: OpenedEnvelope, info: string): Classification {
  return { kind: "refused", refusal: badRequest(info), opened };
}
