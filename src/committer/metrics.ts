import type { Histogram, Meter } from "../kernel/ports/meter.ts";

/** The metrics of validation and commit, under Fabric's names; times in seconds. */
export interface CommitterMetrics {
  readonly validationSeconds: Histogram;
  /** Of the ledger alone. */
  readonly commitBlockSeconds: Histogram;
  /** Of a block from its validation on. */
  readonly commitSeconds: Histogram;
}

export function committerMetrics(meter: Meter): CommitterMetrics {
  const labels = ["channel"];
  const histogram = (name: string, help: string): Histogram =>
    meter.histogram({ name, help, labels });
  return {
    validationSeconds: histogram(
      "gossip_privdata_validation_duration",
      "Time to validate a block, in seconds.",
    ),
    commitBlockSeconds: histogram(
      "gossip_privdata_commit_block_duration",
      "Time to store a block and its private data, in seconds.",
    ),
    commitSeconds: histogram(
      "gossip_state_commit_duration",
      "Time to validate and commit a block, in seconds.",
    ),
  };
}
