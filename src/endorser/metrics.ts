import type { Counter, Histogram, Meter } from "../kernel/ports/meter.ts";

/** Fabric's metrics of endorsement. */
export interface EndorserMetrics {
  readonly proposalsReceived: Counter;
  readonly successfulProposals: Counter;
  readonly validationFailures: Counter;
  readonly aclFailures: Counter;
  readonly duplicateFailures: Counter;
  readonly simulationFailures: Counter;
  readonly endorsementFailures: Counter;
  readonly proposalSeconds: Histogram;
}

const LABELS = ["channel", "chaincode"] as const;

/** Creates them. */
export function endorserMetrics(meter: Meter): EndorserMetrics {
  return {
    proposalsReceived: meter.counter({
      name: "endorser_proposals_received",
      help: "Proposals received.",
    }),
    successfulProposals: meter.counter({
      name: "endorser_successful_proposals",
      help: "Proposals endorsed, or answered where there is nothing to endorse.",
    }),
    validationFailures: meter.counter({
      name: "endorser_proposal_validation_failures",
      help: "Proposals whose form, creator or signature is not valid.",
    }),
    aclFailures: meter.counter({
      name: "endorser_proposal_acl_failures",
      help: "Proposals whose creator may not propose on the channel.",
      labels: LABELS,
    }),
    duplicateFailures: meter.counter({
      name: "endorser_duplicate_transaction_failures",
      help: "Proposals with the id of a transaction in the ledger.",
      labels: LABELS,
    }),
    simulationFailures: meter.counter({
      name: "endorser_proposal_simulation_failures",
      help: "Proposals whose chaincode could not be run to its end.",
      labels: LABELS,
    }),
    endorsementFailures: meter.counter({
      name: "endorser_endorsement_failures",
      help: "Proposals not endorsed: chaincodeerror tells the contract's refusals from the peer's failures.",
      labels: [...LABELS, "chaincodeerror"],
    }),
    proposalSeconds: meter.histogram({
      name: "endorser_proposal_duration",
      help: "Time to process a proposal that passed validation, in seconds.",
      labels: [...LABELS, "success"],
    }),
  };
}
