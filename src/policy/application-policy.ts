import {
  ApplicationPolicy,
  encode,
  tryDecode,
  type SignaturePolicyEnvelope,
} from "../wire/index.ts";
import { PolicyError } from "./errors.ts";

/** The endorsement policy of a chaincode that names none. */
export const DEFAULT_ENDORSEMENT_POLICY = "/Channel/Application/Endorsement";

const APPLICATION = "/Channel/Application/";

/** An endorsement policy: written out, or the absolute path of a policy of the channel. */
export type EndorsementPolicy =
  | { readonly kind: "signature"; readonly envelope: SignaturePolicyEnvelope }
  | { readonly kind: "reference"; readonly path: string };

/**
 * Reads marshalled `protos.ApplicationPolicy`, as chaincode definitions and collections hold it. A relative
 * reference is one to a policy of the application group. Throws `PolicyError` ("malformed-policy").
 */
export function decodeApplicationPolicy(bytes: Uint8Array): EndorsementPolicy {
  const type = tryDecode(ApplicationPolicy, bytes)?.type;
  switch (type?.$case) {
    case "signaturePolicy":
      return { kind: "signature", envelope: type.value };
    case "channelConfigPolicyReference":
      return { kind: "reference", path: applicationPolicyPath(type.value) };
    case undefined:
  }
  throw new PolicyError(
    "malformed-policy",
    `${bytes.length} bytes are not an application policy: give a signature policy or a channel policy's name`,
  );
}

/** `reference` itself when absolute, else the path of that policy in the application group. */
export function applicationPolicyPath(reference: string): string {
  return reference.startsWith("/") ? reference : APPLICATION + reference;
}

/** The marshalled `protos.ApplicationPolicy` of a written-out policy. */
export function encodeSignaturePolicy(envelope: SignaturePolicyEnvelope): Uint8Array {
  return encode(ApplicationPolicy, { type: { $case: "signaturePolicy", value: envelope } });
}

/** The marshalled `protos.ApplicationPolicy` of a channel policy's name, kept as it is written. */
export function encodePolicyReference(reference: string): Uint8Array {
  return encode(ApplicationPolicy, {
    type: { $case: "channelConfigPolicyReference", value: reference },
  });
}
