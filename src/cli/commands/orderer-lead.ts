import {
  DevelopmentNetwork,
  drainOrderer,
  ordererNamed,
  transferLeader,
} from "../../network/index.ts";
import type { OrdererDrainOptions, OrdererTransferOptions } from "../orderer-options.ts";
import { Output } from "../output.ts";

export async function ordererTransfer(options: OrdererTransferOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const channelId = options.channel ?? network.topology.channelId;
  const to = options.to === undefined ? undefined : ordererNamed(network, options.to);
  const report = await transferLeader(network, channelId, to);
  const text =
    report.from === report.to
      ? `${report.to} leads ${channelId} already`
      : `${report.to} leads ${channelId} now, ${report.from} did before`;
  output.result(report, text);
}

export async function ordererDrain(name: string, options: OrdererDrainOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const site = ordererNamed(network, name);
  const { drained, channels } = await drainOrderer(network, site, !options.undo);
  const led = channels.filter(({ group }) => group?.role === "leader");
  const leads = led.map((channel) => channel.name);
  const still =
    drained && leads.length > 0
      ? `; it still leads ${leads.join(", ")}, which no other orderer could take over yet`
      : "";
  const text = drained
    ? `${site.name} is drained: it takes no transactions until \`heddle orderer drain ${site.name} --undo\`${still}`
    : `${site.name} takes transactions again`;
  output.result({ name: site.name, drained, leads }, text);
}
