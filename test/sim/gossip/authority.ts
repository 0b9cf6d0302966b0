import { sha256 } from "../../../src/crypto/index.ts";
import { equalBytes, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { SerializedIdentity, decode, encode } from "../../../src/wire/index.ts";
import type { IdentityPort, PeerIdentityVerdict } from "../../../gossip/service/index.ts";

const FAR_FUTURE_MS = 4_000_000_000_000;

/** Identities whose signatures cost nothing: a hash with a secret that only this authority knows. Deterministic. */
export class SimAuthority implements IdentityPort {
  readonly #secrets = new Map<string, Uint8Array>();
  readonly #ends = new Map<string, number>();

  /** Issues an identity of `mspId`. */
  enroll(mspId: string, name: string): Signer {
    const identity = encode(SerializedIdentity, { mspid: mspId, idBytes: utf8(name) });
    const secret = sha256(utf8(`${mspId}/${name}/secret`));
    this.#secrets.set(`${mspId}/${name}`, secret);
    return {
      mspId,
      identity,
      sign: (message) => Promise.resolve(sha256(secret, message)),
    };
  }

  /** From now on no identity of that name is valid. */
  revoke(mspId: string, name: string): void {
    this.#secrets.delete(`${mspId}/${name}`);
  }

  /** The identity of that name is valid until then. */
  end(mspId: string, name: string, notAfterMs: number): void {
    this.#ends.set(`${mspId}/${name}`, notAfterMs);
  }

  validate(serialized: Uint8Array): PeerIdentityVerdict {
    const { mspid, idBytes } = decode(SerializedIdentity, serialized);
    const name = `${mspid}/${utf8Decode(idBytes)}`;
    const secret = this.#secrets.get(name);
    if (secret === undefined) return { ok: false, reason: "unknown" };
    return {
      ok: true,
      mspId: mspid,
      notAfterMs: this.#ends.get(name) ?? FAR_FUTURE_MS,
      verify: (message, signature) =>
        Promise.resolve(equalBytes(signature, sha256(secret, message))),
    };
  }
}
