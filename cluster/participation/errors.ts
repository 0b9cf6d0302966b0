import { HeddleError } from "../../src/kernel/error.ts";

/**
 * `no_config`: blocks on disk that lead to no configuration. `bad_join_record`: the record of a join cannot be read.
 * `damaged_record`: a record has another checksum than it says. `wrong_chain`: the blocks on disk are not those that the
 * channel was joined with.
 */
export type ParticipationErrorCode =
  "no_config" | "bad_join_record" | "damaged_record" | "wrong_chain";

/** A channel that this node cannot take part in. Other channels of the node are not concerned. */
export class ParticipationError extends HeddleError<ParticipationErrorCode> {
  override readonly name = "ParticipationError";
}
