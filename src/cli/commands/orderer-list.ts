import { DevelopmentNetwork, listOrderers } from "../../network/index.ts";
import type { OrdererListOptions } from "../orderer-options.ts";
import { EXIT, Output } from "../output.ts";
import { formatTable } from "../table.ts";

export async function ordererList(options: OrdererListOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const channelId = options.channel ?? network.topology.channelId;
  const { orderers, pending, leader } = await listOrderers(network, channelId);
  const rows = orderers.map((orderer) => [
    orderer.name,
    textOf(orderer.raftId),
    orderer.role ?? "",
    textOf(orderer.term),
    textOf(orderer.height),
    textOf(orderer.lag),
    textOf(orderer.appliedIndex),
    orderer.isHealthy ? output.good(orderer.health) : output.bad(orderer.health),
    orderer.address,
  ]);
  const header = ["ORDERER", "ID", "ROLE", "TERM", "HEIGHT", "LAG", "APPLIED", "HEALTH", "ADDRESS"];
  const notes = [
    leader === null ? output.bad(`channel ${channelId} has no leader`) : `of channel ${channelId}`,
    ...(pending === null ? [] : [`member ${pending.raftId}: ${pending.reason}`]),
  ];
  output.result(
    { channelId, leader, pending, orderers },
    [formatTable(header, rows), ...notes].join("\n"),
  );
  if (leader === null || orderers.some(({ isHealthy }) => !isHealthy)) {
    process.exitCode = EXIT.failed;
  }
}

function textOf(figure: number | null): string {
  return figure === null ? "" : String(figure);
}
