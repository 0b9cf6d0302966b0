import type { Counter, Gauge, Histogram, Meter } from "../../src/kernel/ports/meter.ts";

/** What a replica measures, under the names that Fabric's dashboards know. Every metric is labelled with its channel. */
export interface ReplicaMetrics {
  readonly isLeader: Gauge;
  readonly leaderChanges: Counter;
  readonly clusterSize: Gauge;
  readonly persistSeconds: Histogram;
  readonly snapshotIndex: Gauge;
  readonly diskFreeBytes: Gauge;
  readonly isReadOnly: Gauge;
  readonly standsBy: Gauge;
}

export function replicaMetrics(meter: Meter): ReplicaMetrics {
  const labels = ["channel"];
  return {
    isLeader: meter.gauge({
      name: "consensus_etcdraft_is_leader",
      help: "1 while this node leads the channel's ordering, else 0.",
      labels,
    }),
    leaderChanges: meter.counter({
      name: "consensus_etcdraft_leader_changes",
      help: "Times that another leader was found since the start.",
      labels,
    }),
    clusterSize: meter.gauge({
      name: "consensus_etcdraft_cluster_size",
      help: "Orderers of the channel.",
      labels,
    }),
    snapshotIndex: meter.gauge({
      name: "heddle_replica_snapshot_index",
      help: "Entry of the log that the newest snapshot stands for.",
      labels,
    }),
    diskFreeBytes: meter.gauge({
      name: "heddle_replica_disk_free_bytes",
      help: "Bytes that may still be written to the disk of the channel's log.",
      labels,
    }),
    isReadOnly: meter.gauge({
      name: "heddle_replica_read_only",
      help: "1 while this node orders nothing for want of room on its disk, else 0.",
      labels,
    }),
    standsBy: meter.gauge({
      name: "heddle_replica_stands_by",
      help: "1 at a node that lost its log and takes no part in the channel's group, else 0.",
      labels,
    }),
    persistSeconds: meter.histogram({
      name: "consensus_etcdraft_data_persist_duration",
      help: "Seconds from a batch of log records to its flush.",
      labels,
    }),
  };
}

/** What the transport measures. */
export interface TransportMetrics {
  readonly queueLength: Gauge;
  readonly queueCapacity: Gauge;
  readonly queueWorkers: Gauge;
  readonly egressStreams: Gauge;
  readonly egressConnections: Gauge;
  readonly sendSeconds: Histogram;
  readonly dropped: Counter;
  readonly ingressStreams: Gauge;
}

export function transportMetrics(meter: Meter): TransportMetrics {
  return {
    queueLength: meter.gauge({
      name: "cluster_comm_egress_queue_length",
      help: "Messages waiting to be sent to another orderer.",
      labels: ["host", "msg_type", "channel"],
    }),
    queueCapacity: meter.gauge({
      name: "cluster_comm_egress_queue_capacity",
      help: "Messages that may wait for one stream to another orderer.",
      labels: ["host", "msg_type", "channel"],
    }),
    queueWorkers: meter.gauge({
      name: "cluster_comm_egress_queue_workers",
      help: "Queues of messages to other orderers, each of which is sent by itself.",
      labels: ["channel"],
    }),
    egressStreams: meter.gauge({
      name: "cluster_comm_egress_stream_count",
      help: "Streams that this node has open to other orderers.",
      labels: ["channel"],
    }),
    egressConnections: meter.gauge({
      name: "cluster_comm_egress_tls_connection_count",
      help: "Connections to other orderers, over which the streams of the channels go.",
    }),
    sendSeconds: meter.histogram({
      name: "cluster_comm_msg_send_time",
      help: "Seconds to hand a message for another orderer to the transport.",
      labels: ["host", "channel"],
    }),
    dropped: meter.counter({
      name: "cluster_comm_msg_dropped_count",
      help: "Messages to another orderer that were dropped because too many were waiting or it could not be reached.",
      labels: ["host", "channel"],
    }),
    ingressStreams: meter.gauge({
      name: "cluster_comm_ingress_stream_count",
      help: "Streams that other orderers have open to this one.",
    }),
  };
}
