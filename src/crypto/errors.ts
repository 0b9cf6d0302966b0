import { HeddleError } from "../kernel/error.ts";

/**
 * `malformed-der`, `malformed-certificate`, `malformed-revocation-list`, `malformed-signature`, `malformed-key`:
 * bytes that are not what they should be. `wrong-passphrase`: a key container that the given passphrase does not open.
 */
export type CryptoErrorCode =
  | "malformed-der"
  | "malformed-certificate"
  | "malformed-revocation-list"
  | "malformed-signature"
  | "malformed-key"
  | "wrong-passphrase";

/** Cryptographic material from elsewhere that cannot be used. */
export class CryptoError extends HeddleError<CryptoErrorCode> {
  override readonly name = "CryptoError";
}
