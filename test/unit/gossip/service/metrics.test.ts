import { expect, test } from "vitest";
import { committerMetrics } from "../../../../src/committer/metrics.ts";
import { gossipMetrics } from "../../../../gossip/service/metrics.ts";
import { privateMetrics } from "../../../../gossip/service/private-metrics.ts";
import { silentMeter, type Meter } from "../../../../src/kernel/ports/meter.ts";

/** Every metric of gossip in Fabric's reference, with its labels. */
const OF_FABRIC: Readonly<Record<string, readonly string[]>> = {
  gossip_comm_messages_received: [],
  gossip_comm_messages_sent: [],
  gossip_comm_overflow_count: [],
  gossip_leader_election_leader: ["channel"],
  gossip_membership_total_peers_known: ["channel"],
  gossip_payload_buffer_size: ["channel"],
  gossip_privdata_commit_block_duration: ["channel"],
  gossip_privdata_fetch_duration: ["channel"],
  gossip_privdata_list_missing_duration: ["channel"],
  gossip_privdata_pull_duration: ["channel"],
  gossip_privdata_purge_duration: ["channel"],
  gossip_privdata_reconciliation_duration: ["channel"],
  gossip_privdata_retrieve_duration: ["channel"],
  gossip_privdata_send_duration: ["channel"],
  gossip_privdata_validation_duration: ["channel"],
  gossip_state_commit_duration: ["channel"],
  gossip_state_height: ["channel"],
};

test("a peer shows every metric of gossip under Fabric's name and labels", () => {
  const labels = new Map<string, readonly string[]>();
  const recording: Meter = {
    counter: (options) => {
      labels.set(options.name, options.labels ?? []);
      return silentMeter.counter(options);
    },
    gauge: (options) => {
      labels.set(options.name, options.labels ?? []);
      return silentMeter.gauge(options);
    },
    histogram: (options) => {
      labels.set(options.name, options.labels ?? []);
      return silentMeter.histogram(options);
    },
  };
  gossipMetrics(recording);
  privateMetrics(recording);
  committerMetrics(recording);
  expect(Object.fromEntries(labels)).toMatchObject(OF_FABRIC);
});
