import { deterministicMessageSigner } from "../../crypto/adapters/deterministic-signer.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { signerWith, type SignerMaterial } from "./signer.ts";

/** As `createSigner`, with the same signature for the same message. For simulations only: see `deterministicMessageSigner`. */
export function createDeterministicSigner(material: SignerMaterial): Signer {
  return signerWith(material, deterministicMessageSigner);
}
