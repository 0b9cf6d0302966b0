/** Builds an orderer: its channels, the services that it offers, and the order in which they end. */
import { Broadcast, type ChannelOrderer } from "../../cluster/ordering/index.ts";
import {
  ChannelRegistrar,
  Drain,
  OPERATOR_BASE,
  OperatorApi,
  ParticipationApi,
} from "../../cluster/participation/index.ts";
import { ClusterService } from "../../cluster/replica/index.ts";
import { ordererDeliverBinding } from "../delivery/index.ts";
import { Block, Status, decode } from "../wire/index.ts";
import type { AdminConfig, OrdererConfig } from "./config.ts";
import { healthBindings } from "./health-service.ts";
import { requireCurrentIdentity } from "./signing-identity.ts";
import { requireSameKey } from "./tls-renewal.ts";
import type { RunningOrderer } from "./running-host.ts";
import type { AdminApi, Listener, World } from "./world.ts";

export async function startOrderer(config: OrdererConfig, world: World): Promise<RunningOrderer> {
  requireCurrentIdentity(world, world.signer.identity);
  const cluster = new ClusterService({
    logger: world.logger.child("cluster"),
    meter: world.meter,
  });
  // Callers may come before the channels are open.
  const serving: { registrar?: ChannelRegistrar } = {};
  const drain = await Drain.open(
    {
      ...world,
      logger: world.logger.child("drain"),
      channels: () => channelsOf(serving.registrar),
    },
    config.dataDirectory,
  );
  const broadcast = new Broadcast(
    {
      ...world,
      channel: (channelId) => serving.registrar?.orderer(channelId),
      closedFor: () => drain.reason,
      outage: (channelId) =>
        serving.registrar === undefined
          ? "this orderer is starting"
          : serving.registrar.outage(channelId),
      logger: world.logger.child("broadcast"),
    },
    config.rateLimits === undefined ? {} : { rateLimits: config.rateLimits },
  );
  const deliver = ordererDeliverBinding({
    ...world,
    channels: { channel: (channelId) => serving.registrar?.orderer(channelId) },
    logger: world.logger.child("deliver"),
  });
  const bindings = [
    broadcast.binding(),
    deliver,
    cluster.binding(),
    ...healthBindings(world.health),
  ];
  const server = world.serve(bindings, config.listen);
  const port = await server.listen();
  const registrar = await openRegistrar(config, world, cluster);
  serving.registrar = registrar;
  world.health.register("channels", () => complaintsOf(registrar));
  const admin =
    config.admin && (await openAdmin(config.admin, world, { registrar, broadcast, drain }));
  const adminPort = await admin?.listen();
  const operationsPort = await world.operations.listen();
  return {
    port,
    operationsPort,
    ...(adminPort === undefined ? {} : { adminPort }),
    channel: (channelId) => registrar.orderer(channelId),
    blocks: (channelId) => registrar.blocks(channelId),
    renewTls: (renewed) => {
      requireSameKey(world.tls.certificatePem, renewed.certificatePem);
      server.renewTls(renewed);
      admin?.renewTls(renewed);
    },
    close: async () => {
      drain.close();
      await world.operations.close();
      await admin?.close();
      await registrar.close();
      await server.close();
    },
  };
}

function openRegistrar(
  config: OrdererConfig,
  world: World,
  cluster: ClusterService,
): Promise<ChannelRegistrar> {
  return ChannelRegistrar.open(
    { ...world, cluster },
    {
      dataDirectory: config.dataDirectory,
      serverTlsCert: world.tls.certificatePem,
      genesisBlocks: world.genesisBlocks.map((bytes) => decode(Block, bytes)),
    },
  );
}

function openAdmin(
  config: AdminConfig,
  world: World,
  parts: {
    readonly registrar: ChannelRegistrar;
    readonly broadcast: Broadcast;
    readonly drain: Drain;
  },
): Promise<Listener> {
  const api = new ParticipationApi({
    registrar: parts.registrar,
    msps: world.msps,
    orderConfigUpdate: async (envelope) => {
      const { status, info } = await parts.broadcast.process(envelope);
      return status === Status.SUCCESS ? undefined : info;
    },
    logger: world.logger.child("participation"),
  });
  const operators = new OperatorApi({ ...parts, logger: world.logger.child("operator") });
  const answer: AdminApi = (request) =>
    request.path.startsWith(OPERATOR_BASE) ? operators.answer(request) : api.answer(request);
  return world.serveAdmin(answer, config);
}

// Such a channel may still be delivered, but only an operator can help it.
function complaintsOf(registrar: ChannelRegistrar): Promise<void> {
  const complaints = registrar.complaints();
  return complaints.length === 0
    ? Promise.resolve()
    : Promise.reject(new Error(complaints.join("; ")));
}

function channelsOf(registrar: ChannelRegistrar | undefined): readonly ChannelOrderer[] {
  return (registrar?.list() ?? []).flatMap(({ name }) => registrar?.orderer(name) ?? []);
}
