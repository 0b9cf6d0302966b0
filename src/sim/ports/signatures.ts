import type { Certificate } from "../../crypto/index.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import type { MspCache } from "../../msp/index.ts";

/** A member of an organisation and the key that its certificate is of. */
export interface KeyHolder {
  readonly mspId: string;
  readonly certificate: Certificate;
  readonly privateKeyPem: Uint8Array;
}

/** How the members of a simulated network sign, and how they check it. Signing and checking end within microtasks. */
export interface Signatures {
  /** The organisations whose members sign so: all nodes share them. */
  readonly msps: MspCache;
  signer(member: KeyHolder): Signer;
}
