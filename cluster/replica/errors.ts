import { HeddleError } from "../../src/kernel/error.ts";

/**
 * `log_corrupt`: bytes before the log's end are not what was written. `log_version`: written by a newer program.
 * `log_foreign`: another node's log. `log_failed`: a write or flush failed, and nothing may be written after it. `read_refused`: ask again.
 * `log_lost`: there is no log that a group could begin with.
 */
export type ReplicaErrorCode =
  "log_corrupt" | "log_version" | "log_foreign" | "log_failed" | "read_refused" | "log_lost";

/** The replica's storage failed: it must stop taking part, the process need not. */
export class ReplicaError extends HeddleError<ReplicaErrorCode> {
  override readonly name = "ReplicaError";
}
