import { HeddleError } from "../kernel/error.ts";

/**
 * `out-of-order`: a block that is not the next one. `too-many-blocks`: more blocks at once than are held.
 * `halted`: an earlier block could not be committed, so none after it can.
 */
export type CommitterErrorCode = "out-of-order" | "too-many-blocks" | "halted";

/** Why a block was not committed. Invalid transactions are no such reason: they are committed with their codes. */
export class CommitterError extends HeddleError<CommitterErrorCode> {
  override readonly name = "CommitterError";
}
