import type { Invariant } from "../contracts.ts";
import type { Acknowledged, Oracle } from "../workload/oracle.ts";
import { TxValidationCode } from "../../wire/index.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";

/**
 * What a gateway got endorsed satisfies its policy at every peer: a policy asks for no date, so that an endorser whose certificate
 * has ended since, or before, counts as any other.
 */
export class EndorsedIsEnough implements Invariant {
  readonly name = "endorsed is enough";
  readonly #acknowledged: Cursor<Acknowledged>;

  constructor(oracle: Oracle) {
    this.#acknowledged = new Cursor(oracle.acknowledged);
  }

  check(): string | undefined {
    return firstViolation(this.#acknowledged.unread(), ({ txId, code }) =>
      code === TxValidationCode.ENDORSEMENT_POLICY_FAILURE
        ? `${txId} was endorsed through a gateway, and has not satisfied its policy`
        : undefined,
    );
  }
}
