import { HeddleError } from "../../src/kernel/error.ts";

/** `restored_state_inconsistent`: the stored log and hard state cannot both be what this node wrote. */
export type RaftErrorCode = "restored_state_inconsistent";

/** The stored state cannot be continued from. The node must not take part: it could vote or acknowledge wrongly. */
export class RaftError extends HeddleError<RaftErrorCode> {
  override readonly name = "RaftError";
}
