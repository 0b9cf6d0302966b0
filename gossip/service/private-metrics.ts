import type { Counter, Histogram, Meter } from "../../src/kernel/ports/meter.ts";

/** The metrics of private data, under Fabric's names where Fabric has them; times in seconds. */
export interface PrivateMetrics {
  readonly privateListMissing: Histogram;
  readonly privateFetch: Histogram;
  readonly privatePurge: Histogram;
  readonly privateSend: Histogram;
  readonly privatePull: Histogram;
  readonly privateRetrieve: Histogram;
  readonly privateReconciliation: Histogram;
  /** Sets that peers served and that are not what the block announces. */
  readonly forgedPrivateSets: Counter;
}

export function privateMetrics(meter: Meter): PrivateMetrics {
  const labels = ["channel"];
  const duration = (part: string, help: string): Histogram =>
    meter.histogram({ name: `gossip_privdata_${part}_duration`, help, labels });
  return {
    privateListMissing: duration(
      "list_missing",
      "Time to list the private data that a block lacks, in seconds",
    ),
    privateFetch: duration(
      "fetch",
      "Time to fetch the private data that a block lacks from peers, in seconds",
    ),
    privatePurge: duration("purge", "Time to purge private data, in seconds"),
    privateSend: duration("send", "Time to hand private data to other peers, in seconds"),
    privatePull: duration("pull", "Time for a peer to answer a question, in seconds"),
    privateRetrieve: duration(
      "retrieve",
      "Time to look up private data that a peer asks for, in seconds",
    ),
    privateReconciliation: duration("reconciliation", "Time for a reconciliation, in seconds"),
    forgedPrivateSets: meter.counter({
      name: "gossip_privdata_forged_sets",
      help: "Private data from peers that is not what the block announces",
      labels,
    }),
  };
}
