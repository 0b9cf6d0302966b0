import type { Signer } from "../kernel/ports/signer.ts";

/** A signer in whose place another can be put: whoever holds it signs with the new one from then on. */
export class RenewableSigner implements Signer {
  #signer: Signer;

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  get mspId(): string {
    return this.#signer.mspId;
  }

  get identity(): Uint8Array {
    return this.#signer.identity;
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    return this.#signer.sign(message);
  }

  renew(signer: Signer): void {
    this.#signer = signer;
  }
}
