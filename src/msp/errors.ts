import { HeddleError } from "../kernel/error.ts";

/**
 * `malformed`: a file or message that cannot be read. `unsupported`: a configuration that asks for what we do not have.
 * `invalid-authority`, `invalid-unit`, `invalid-admin`: a configuration whose parts contradict each other.
 * `not-found`, `exists`: material that is missing, or in the way of what is to be written.
 */
export type MspErrorCode =
  | "malformed"
  | "unsupported"
  | "invalid-authority"
  | "invalid-unit"
  | "invalid-admin"
  | "not-found"
  | "exists";

/** An organisation's configuration or key material that cannot be used. */
export class MspError extends HeddleError<MspErrorCode> {
  override readonly name = "MspError";
}
