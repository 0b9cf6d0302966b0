import type { SealedMessage } from "./claims.ts";

/** Bytes of a message with its signature and what is for its owner's organisation, without their frames. */
export function sealedBytes({ payload, signature, secretEnvelope }: SealedMessage): number {
  const bytes = payload.length + signature.length;
  if (secretEnvelope === undefined) return bytes;
  return bytes + secretEnvelope.payload.length + secretEnvelope.signature.length;
}
