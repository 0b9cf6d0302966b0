/** Kind and labels of Fabric's metrics of an orderer, as its dashboards know them. */
export const ORDERER_METRICS: Readonly<Record<string, string>> = {
  blockcutter_block_fill_duration: "histogram: channel",
  broadcast_enqueue_duration: "histogram: channel status type",
  broadcast_processed_count: "counter: channel status type",
  broadcast_validate_duration: "histogram: channel status type",
  cluster_comm_egress_queue_capacity: "gauge: channel host msg_type",
  cluster_comm_egress_queue_length: "gauge: channel host msg_type",
  cluster_comm_egress_queue_workers: "gauge: channel",
  cluster_comm_egress_stream_count: "gauge: channel",
  cluster_comm_egress_tls_connection_count: "gauge:",
  cluster_comm_ingress_stream_count: "gauge:",
  cluster_comm_msg_dropped_count: "counter: channel host",
  cluster_comm_msg_send_time: "histogram: channel host",
  consensus_etcdraft_active_nodes: "gauge: channel",
  consensus_etcdraft_cluster_size: "gauge: channel",
  consensus_etcdraft_committed_block_number: "gauge: channel",
  consensus_etcdraft_config_proposals_received: "counter: channel",
  consensus_etcdraft_data_persist_duration: "histogram: channel",
  consensus_etcdraft_is_leader: "gauge: channel",
  consensus_etcdraft_leader_changes: "counter: channel",
  consensus_etcdraft_normal_proposals_received: "counter: channel",
  consensus_etcdraft_proposal_failures: "counter: channel",
  consensus_etcdraft_snapshot_block_number: "gauge: channel",
  deliver_blocks_sent: "counter: channel data_type filtered",
  deliver_requests_completed: "counter: channel data_type filtered success",
  deliver_requests_received: "counter: channel data_type filtered",
  deliver_streams_closed: "counter:",
  deliver_streams_opened: "counter:",
};

/** As above, of what was measured. */
export function metricForm(kind: string, labels: readonly string[]): string {
  return [`${kind}:`, ...[...labels].sort()].join(" ");
}
