import { DevelopmentNetwork, addOrderer, type AddOrdererReport } from "../../network/index.ts";
import { LedgerProgress } from "../ledger-progress.ts";
import type { OrdererAddOptions } from "../orderer-options.ts";
import { Output } from "../output.ts";

export async function ordererAdd(options: OrdererAddOptions): Promise<void> {
  const output = new Output(options);
  const progress = new LedgerProgress(output);
  const network = await DevelopmentNetwork.open(options.dir);
  const { name } = options;
  const report = await addOrderer(network, name === undefined ? {} : { name }, {
    step: (text) => {
      output.step(text);
    },
    level: (level) => {
      progress.show(level);
    },
  });
  output.result({ event: "added", ...report }, textOf(report, output));
}

function textOf({ name, address, channels, levelMs }: AddOrdererReport, output: Output): string {
  const seconds = (levelMs / 1_000).toFixed(1);
  const places = channels.map(
    ({ channelId, raftId, height }) => `${channelId} as member ${raftId} at height ${height}`,
  );
  return `${output.good("✔")} ${name} at ${address} votes and is level after ${seconds} s: ${places.join(", ")}`;
}
