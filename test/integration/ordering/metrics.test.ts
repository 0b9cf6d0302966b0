import { expect, test } from "vitest";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { seekEnvelope } from "../../../src/delivery/index.ts";
import {
  AtomicBroadcastDefinition,
  SeekInfo,
  Status,
  create,
  methodOf,
  type DeliverResponse,
} from "../../../src/wire/index.ts";
import { CHANNEL, OrderingNetwork, type TestOrderer } from "./ordering-network.ts";

/** Names and labels as Fabric's dashboards know them. */
const FABRIC: Readonly<Record<string, string>> = {
  blockcutter_block_fill_duration: "channel",
  broadcast_enqueue_duration: "channel status type",
  broadcast_validate_duration: "channel status type",
  broadcast_processed_count: "channel status type",
  cluster_comm_egress_queue_capacity: "channel host msg_type",
  cluster_comm_egress_queue_length: "channel host msg_type",
  cluster_comm_egress_queue_workers: "channel",
  cluster_comm_egress_stream_count: "channel",
  cluster_comm_egress_tls_connection_count: "",
  cluster_comm_ingress_stream_count: "",
  cluster_comm_msg_dropped_count: "channel host",
  cluster_comm_msg_send_time: "channel host",
  consensus_etcdraft_active_nodes: "channel",
  consensus_etcdraft_cluster_size: "channel",
  consensus_etcdraft_committed_block_number: "channel",
  consensus_etcdraft_config_proposals_received: "channel",
  consensus_etcdraft_data_persist_duration: "channel",
  consensus_etcdraft_is_leader: "channel",
  consensus_etcdraft_leader_changes: "channel",
  consensus_etcdraft_normal_proposals_received: "channel",
  consensus_etcdraft_proposal_failures: "channel",
  consensus_etcdraft_snapshot_block_number: "channel",
  deliver_blocks_sent: "channel data_type filtered",
  deliver_requests_completed: "channel data_type filtered success",
  deliver_requests_received: "channel data_type filtered",
  deliver_streams_closed: "",
  deliver_streams_opened: "",
};

/** Of those nothing happens in this test: their series are not there yet, only their names. */
const SILENT = [
  "cluster_comm_msg_dropped_count",
  "consensus_etcdraft_config_proposals_received",
  "consensus_etcdraft_proposal_failures",
];

async function deliverGenesis(network: OrderingNetwork, orderer: TestOrderer): Promise<number> {
  const channel = new GrpcDialer({}).dial({
    address: `127.0.0.1:${orderer.port}`,
    tls: { rootsPem: [network.tlsRootPem] },
  });
  const oldest = { type: { $case: "oldest" as const, value: {} } };
  const seek = create(SeekInfo, { start: oldest, stop: oldest });
  const fields = { channelId: CHANNEL, seek, nowMs: systemClock.wallMs() };
  const stream = channel.stream(methodOf(AtomicBroadcastDefinition, "deliver"));
  await stream.send(
    await seekEnvelope(network.client, systemRandom, { ...fields, tlsCertificate: undefined }),
  );
  stream.end();
  const responses: DeliverResponse[] = [];
  for await (const response of stream.responses) responses.push(response);
  channel.close();
  expect(responses.at(-1)?.type).toEqual({ $case: "status", value: Status.SUCCESS });
  return responses.length - 1;
}

test("an orderer that works shows Fabric's metrics with Fabric's labels", async () => {
  const network = await OrderingNetwork.start(3);
  try {
    const leader = await network.leader();
    for (const orderer of network.orderers) {
      const client = network.broadcaster(orderer);
      await client.stream.send(await network.envelope());
      const { value } = (await client.responses.next()) as { value: { status: Status } };
      expect(value.status).toBe(Status.SUCCESS);
      client.close();
    }
    expect(await deliverGenesis(network, leader)).toBe(1);
    const { text } = await leader.meter.expose();
    const shown = new Map<string, string>();
    for (const [, name = ""] of text.matchAll(/^# TYPE (\S+) /gm))
      shown.set(name, labelsOf(text, name));
    const expected = Object.entries(FABRIC).map(([name, labels]) => [
      name,
      SILENT.includes(name) ? (shown.get(name) === "" ? "" : labels) : labels,
    ]);
    expect(Object.fromEntries(Object.keys(FABRIC).map((name) => [name, shown.get(name)]))).toEqual(
      Object.fromEntries(expected),
    );
  } finally {
    await network.stop();
  }
});

/** The labels of a metric's first series, sorted; empty without labels or series. */
function labelsOf(text: string, name: string): string {
  const line = text
    .split("\n")
    .find((each) => new RegExp(`^${name}(_count|_sum|_bucket)?\\{`).test(each));
  const labels = [...(line ?? "").matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
  return labels
    .filter((label) => label !== "le")
    .sort()
    .join(" ");
}
