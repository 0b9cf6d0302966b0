import { sha256Hex, type SignatureVerifier, verifySignature } from "../crypto/index.ts";
import { BoundedCache } from "../kernel/bounded-cache.ts";
import { decode, encode, FabricMSPConfig } from "../wire/index.ts";
import { MSP_CACHE_COUNT_MAX } from "./limits.ts";
import { Msp } from "./msp.ts";

/**
 * The organisations of configurations, each opened once: a node reads its configurations at a start, at every update, and
 * for every channel, and nearly all of them name organisations that it knows. What an MSP answers depends on nothing but the
 * bytes that describe it, so that configurations can share it.
 */
export class MspCache {
  readonly #verifier: SignatureVerifier;
  // By digest of the configuration. What is refused is not kept.
  readonly #known = new BoundedCache<string, Msp>(MSP_CACHE_COUNT_MAX);

  /** `verifier` checks what the members of all of them sign. */
  constructor(verifier: SignatureVerifier = verifySignature) {
    this.#verifier = verifier;
  }

  /** As `Msp.fromConfig`. */
  open(config: FabricMSPConfig): Msp {
    const bytes = encode(FabricMSPConfig, config);
    const key = sha256Hex(bytes);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // Read anew: what was passed may be a view into a block, which would be kept with it.
    const msp = Msp.fromConfig(decode(FabricMSPConfig, bytes), this.#verifier);
    this.#known.set(key, msp);
    return msp;
  }
}
