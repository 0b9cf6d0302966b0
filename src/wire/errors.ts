import { HeddleError } from "../kernel/error.ts";

/** `malformed`: bytes that are not the message they should be. */
export type WireErrorCode = "malformed";

/** Bytes from elsewhere that do not decode. `data.type` names the message, such as `common.Block`. */
export class WireError extends HeddleError<WireErrorCode> {
  override readonly name = "WireError";
}
