import { sha256Hex } from "../crypto/index.ts";
import { BoundedCache } from "../kernel/bounded-cache.ts";
import { SerializedIdentity, tryDecodeRequest } from "../wire/index.ts";
import type { IdentityResult } from "./identity.ts";
import { IDENTITY_BYTES_MAX, IDENTITY_CACHE_COUNT_MAX } from "./limits.ts";
import type { Msp } from "./msp.ts";

/** The organisations of one channel. Immutable; each remembers the identities that it has found valid. */
export class MspManager {
  readonly #msps: ReadonlyMap<string, Msp>;
  // Of valid members, by digest: whose they are is asked for every signature, and is in the middle of their bytes.
  readonly #homes = new BoundedCache<string, Msp>(IDENTITY_CACHE_COUNT_MAX);

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
    const home = this.#homeOf(serialized);
    if (!home.ok) return home;
    const result = home.msp.identity(serialized, home.digest);
    if (result.ok) this.#homes.set(home.digest, home.msp);
    return result;
  }

  /** As `identity`, also for one that is not a valid member: what policies are evaluated over. */
  unvalidatedIdentity(serialized: Uint8Array): IdentityResult {
    const home = this.#homeOf(serialized);
    return home.ok ? home.msp.unvalidatedIdentity(serialized, home.digest) : home;
  }

  #homeOf(serialized: Uint8Array): Home | { readonly ok: false; readonly reason: string } {
    if (serialized.length > IDENTITY_BYTES_MAX) {
      const reason = `identity of ${serialized.length} bytes, more than ${IDENTITY_BYTES_MAX}`;
      return { ok: false, reason };
    }
    const digest = sha256Hex(serialized);
    const known = this.#homes.get(digest);
    if (known !== undefined) return { ok: true, msp: known, digest };
    const message = tryDecodeRequest(SerializedIdentity, serialized);
    if (message === undefined) return { ok: false, reason: "not a serialized identity" };
    const msp = this.#msps.get(message.mspid);
    if (msp === undefined) {
      return { ok: false, reason: `MSP ${message.mspid} is not defined on channel` };
    }
    return { ok: true, msp, digest };
  }
}

interface Home {
  readonly ok: true;
  readonly msp: Msp;
  readonly digest: string;
}
