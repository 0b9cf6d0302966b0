import { expect, test, vi } from "vitest";
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
import { ORDERER_METRICS, metricForm } from "../../support/fabric-metrics.ts";
import { CHANNEL, OrderingNetwork, type TestOrderer } from "./ordering-network.ts";

/** What these count need not happen in this test: without it they have a name and no labels. */
const SILENT = [
  "cluster_comm_msg_dropped_count",
  "consensus_etcdraft_config_proposals_received",
  "consensus_etcdraft_proposal_failures",
];

/** Bounds a wait that would never end if something were wrong. */
const WAIT = { timeout: 20_000, interval: 50 };

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

/** Kind and labels of each metric that an orderer shows. */
async function shownBy({ meter }: TestOrderer): Promise<Readonly<Record<string, string>>> {
  const { text } = await meter.expose();
  const shown: Record<string, string> = {};
  for (const [, name = "", kind = ""] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    shown[name] = metricForm(kind, labelsOf(text, name));
  }
  return shown;
}

test("an orderer that works shows Fabric's metrics, of Fabric's kinds and with Fabric's labels", async () => {
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
    const shown = await shownBy(leader);
    for (const [name, form] of Object.entries(ORDERER_METRICS)) {
      const forms = SILENT.includes(name) ? [form, form.replace(/:.*/, ":")] : [form];
      expect(forms, name).toContain(shown[name]);
    }
    // The leader tells the others who answers it.
    for (const orderer of network.orderers) {
      await vi.waitUntil(async () => {
        const { text } = await orderer.meter.expose();
        return /^consensus_etcdraft_active_nodes\{channel="\S+"\} 3$/m.test(text);
      }, WAIT);
    }
  } finally {
    await network.stop();
  }
});

/** The labels of a metric's first series; none without labels or series. */
function labelsOf(text: string, name: string): readonly string[] {
  const line = text
    .split("\n")
    .find((each) => new RegExp(`^${name}(_count|_sum|_bucket)?\\{`).test(each));
  const labels = [...(line ?? "").matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
  return labels.filter((label) => label !== "le");
}
