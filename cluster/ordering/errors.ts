import { HeddleError } from "../../src/kernel/error.ts";

/**
 * `catch_up_failed`: blocks that this node lacks could not be fetched. `not_a_consenter`: the channel's configuration does not name this node. `log_mismatch`: the Raft log and the blocks
 * on disk contradict each other. `not_raft`: the channel is not ordered by Raft. `wrong_genesis`: the blocks on disk
 * begin with another block. `no_blocks`: there are none, and no block to begin with. `nothing_to_recover`: the group has
 * no other member. `bad_recovery_record`: it cannot be read who was cut off.
 */
export type OrderingErrorCode =
  | "catch_up_failed"
  | "not_a_consenter"
  | "log_mismatch"
  | "not_raft"
  | "wrong_genesis"
  | "no_blocks"
  | "nothing_to_recover"
  | "bad_recovery_record";

/** This node cannot order the channel. Other channels of the node are not concerned. */
export class OrderingError extends HeddleError<OrderingErrorCode> {
  override readonly name = "OrderingError";
}
