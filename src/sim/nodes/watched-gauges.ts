/** What is asked of what a node says of itself. */
export const WATCHED_GAUGES: readonly string[] = [
  "cluster_comm_egress_queue_length",
  "cluster_comm_egress_queue_capacity",
  "consensus_etcdraft_snapshot_block_number",
  "gossip_comm_connections",
  "gossip_leader_election_leader",
  "gossip_membership_health_score",
  "gossip_membership_suspects",
  "gossip_membership_total_peers_known",
  "gossip_payload_buffer_size",
  "heddle_ledger_disk_full",
  "heddle_replica_read_only",
  "heddle_replica_snapshot_index",
  "heddle_replica_stands_by",
];
