import { errorMessage } from "../kernel/error.ts";
import { decodePem, parseCertificate } from "../crypto/index.ts";
import { IDENTITY_BYTES_MAX } from "./limits.ts";

/**
 * Why the bytes of an identity (`SerializedIdentity.id_bytes`) are not in the one form that gossip admits, if so:
 * exactly one PEM block, labelled `CERTIFICATE` or not at all. Policies and validation are laxer.
 */
export function malformedness(idBytes: Uint8Array): string | undefined {
  if (idBytes.length > IDENTITY_BYTES_MAX) return `more than ${IDENTITY_BYTES_MAX} bytes`;
  const block = decodePem(idBytes);
  if (block === undefined) return "it has no PEM block";
  if (block.rest !== "") return "it has trailing bytes";
  if (block.label !== "CERTIFICATE" && block.label !== "") {
    return `its PEM type is ${block.label}, should be 'CERTIFICATE' or missing`;
  }
  try {
    parseCertificate(block.bytes);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
