/** Builds an orderer: its channels, the services that it offers, and the order in which they end. */
import { join } from "node:path";
import { Broadcast, ChannelOrderer } from "../../cluster/ordering/index.ts";
import { ClusterService } from "../../cluster/replica/index.ts";
import { ChannelConfig } from "../channel/index.ts";
import { ordererDeliverBinding } from "../delivery/index.ts";
import { GrpcServer } from "../kernel/adapters/grpc-server.ts";
import { Block, decode } from "../wire/index.ts";
import type { OrdererConfig } from "./config.ts";
import { healthBindings } from "./health-service.ts";
import type { RunningHost } from "./running-host.ts";
import type { World } from "./world.ts";

export async function startOrderer(config: OrdererConfig, world: World): Promise<RunningHost> {
  const { logger, meter } = world;
  const cluster = new ClusterService({ logger: logger.child("cluster"), meter });
  const channels = new Map<string, ChannelOrderer>();
  const broadcast = new Broadcast({
    channel: (channelId) => channels.get(channelId),
    clock: world.clock,
    logger: logger.child("broadcast"),
    meter,
  });
  const deliver = ordererDeliverBinding({
    channels: { channel: (channelId) => channels.get(channelId) },
    clock: world.clock,
    logger: logger.child("deliver"),
    meter,
  });
  const bindings = [
    broadcast.binding(),
    deliver,
    cluster.binding(),
    ...healthBindings(world.health),
  ];
  const server = new GrpcServer(bindings, { ...config.listen, tls: world.tls });
  const port = await server.listen();
  for (const bytes of world.genesisBlocks) {
    const channel = await openChannel(config, world, cluster, decode(Block, bytes));
    channels.set(channel.channelId, channel);
  }
  const operationsPort = await world.operations.listen();
  return {
    port,
    operationsPort,
    close: async () => {
      await world.operations.close();
      for (const channel of channels.values()) await channel.close();
      await server.close();
    },
  };
}

async function openChannel(
  config: OrdererConfig,
  world: World,
  cluster: ClusterService,
  genesisBlock: Block,
): Promise<ChannelOrderer> {
  const { channelId } = ChannelConfig.fromBlock(genesisBlock);
  const channel = await ChannelOrderer.open(
    { ...world, logger: world.logger.child("orderer", { channel: channelId }), cluster },
    {
      genesisBlock,
      directory: join(config.dataDirectory, "channels", channelId),
      serverTlsCert: world.tls.certificatePem,
    },
  );
  const height = world.meter.gauge({
    name: "ledger_blockchain_height",
    help: "Height of the chain in blocks.",
    labels: ["channel"],
  });
  height.set(channel.blocks.height, { channel: channelId });
  channel.blocks.subscribe((blocks) => {
    height.set(blocks, { channel: channelId });
  });
  return channel;
}
