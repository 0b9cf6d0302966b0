import { SerializedIdentity, tryDecodeRequest } from "../wire/index.ts";
import type { IdentityResult } from "./identity.ts";
import { IDENTITY_BYTES_MAX } from "./limits.ts";
import type { Msp } from "./msp.ts";

/** The organisations of one channel. Immutable; each remembers the identities that it has found valid. */
export class MspManager {
  readonly #msps: ReadonlyMap<string, Msp>;

  /** Of two organisations with one name the later counts, as in Fabric; a channel's configuration refuses them. */
  constructor(msps: readonly Msp[]) {
    this.#msps = new Map(msps.map((msp) => [msp.mspId, msp]));
  }

  get mspIds(): readonly string[] {
    return [...this.#msps.keys()];
  }

  msp(mspId: string): Msp | undefined {
    return this.#msps.get(mspId);
  }

  /**
   * The valid member in `serialized` (`msp.SerializedIdentity`): issued by its organisation's authorities, not revoked,
   * with the units demanded. Expiry is not asked (Fabric asks only where identities enter: see `isExpired`).
   */
  identity(serialized: Uint8Array): IdentityResult {
    const result = this.#mspOf(serialized);
    return result.ok ? result.msp.identity(serialized) : result;
  }

  /** As `identity`, also for one that is not a valid member: what policies are evaluated over. */
  unvalidatedIdentity(serialized: Uint8Array): IdentityResult {
    const result = this.#mspOf(serialized);
    return result.ok ? result.msp.unvalidatedIdentity(serialized) : result;
  }

  #mspOf(
    serialized: Uint8Array,
  ): { readonly ok: true; readonly msp: Msp } | { readonly ok: false; readonly reason: string } {
    if (serialized.length > IDENTITY_BYTES_MAX) {
      const reason = `identity of ${serialized.length} bytes, more than ${IDENTITY_BYTES_MAX}`;
      return { ok: false, reason };
    }
    const message = tryDecodeRequest(SerializedIdentity, serialized);
    if (message === undefined) return { ok: false, reason: "not a serialized identity" };
    const msp = this.#msps.get(message.mspid);
    if (msp === undefined) {
      return { ok: false, reason: `MSP ${message.mspid} is not defined on channel` };
    }
    return { ok: true, msp };
  }
}
