import type { Counter, Gauge, Histogram, Meter } from "../../src/kernel/ports/meter.ts";

/** What ordering measures, under the names that Fabric's dashboards know. */
export interface OrderingMetrics {
  readonly committedBlockNumber: Gauge;
  readonly snapshotBlockNumber: Gauge;
  readonly normalProposals: Counter;
  readonly configProposals: Counter;
  readonly proposalFailures: Counter;
  readonly blockFillSeconds: Histogram;
}

export function orderingMetrics(meter: Meter): OrderingMetrics {
  const labels = ["channel"];
  return {
    committedBlockNumber: meter.gauge({
      name: "consensus_etcdraft_committed_block_number",
      help: "Number of the newest block written.",
      labels,
    }),
    snapshotBlockNumber: meter.gauge({
      name: "consensus_etcdraft_snapshot_block_number",
      help: "Number of the newest block that the newest snapshot of the log stands for.",
      labels,
    }),
    normalProposals: meter.counter({
      name: "consensus_etcdraft_normal_proposals_received",
      help: "Transactions taken for ordering by this node as the leader.",
      labels,
    }),
    configProposals: meter.counter({
      name: "consensus_etcdraft_config_proposals_received",
      help: "Configurations taken for ordering by this node as the leader.",
      labels,
    }),
    proposalFailures: meter.counter({
      name: "consensus_etcdraft_proposal_failures",
      help: "Transactions that arrived for ordering and were dropped.",
      labels,
    }),
    blockFillSeconds: meter.histogram({
      name: "blockcutter_block_fill_duration",
      help: "Seconds from a batch's first transaction to its proposal.",
      labels,
    }),
  };
}

/** Of the group, as its leader sees it. */
export function activeNodesGauge(meter: Meter): Gauge {
  return meter.gauge({
    name: "consensus_etcdraft_active_nodes",
    help: "Orderers of the channel that answer its leader, the leader included; 0 while that is not known.",
    labels: ["channel"],
  });
}

/** What the Broadcast service measures. */
export interface BroadcastMetrics {
  readonly enqueueSeconds: Histogram;
  readonly validateSeconds: Histogram;
  readonly processed: Counter;
}

export function broadcastMetrics(meter: Meter): BroadcastMetrics {
  const labels = ["channel", "type", "status"];
  return {
    enqueueSeconds: meter.histogram({
      name: "broadcast_enqueue_duration",
      help: "Seconds from a valid transaction to its durable place in a block.",
      labels,
    }),
    validateSeconds: meter.histogram({
      name: "broadcast_validate_duration",
      help: "Seconds to validate a transaction.",
      labels,
    }),
    processed: meter.counter({
      name: "broadcast_processed_count",
      help: "Transactions answered.",
      labels,
    }),
  };
}
