import { DevelopmentNetwork, addPeer, type AddPeerReport } from "../../network/index.ts";
import { Output } from "../output.ts";
import { LedgerProgress } from "../ledger-progress.ts";
import type { PeerAddOptions } from "../peer-options.ts";

export async function peerAdd(options: PeerAddOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const progress = new LedgerProgress(output);
  try {
    const report = await addPeer(
      network,
      {
        organization: options.org,
        install: options.install,
        ...(options.name === undefined ? {} : { name: options.name }),
      },
      {
        step: (text) => {
          output.step(text);
        },
        level: (level) => {
          progress.show(level);
        },
      },
    );
    output.result({ event: "added", ...report }, textOf(report, output));
  } finally {
    network.close();
  }
}

function textOf(report: AddPeerReport, output: Output): string {
  const { name, mspId, address, channels, runnable, notInstalled } = report;
  const seconds = (report.levelMs / 1_000).toFixed(1);
  const heights = channels.map(({ channelId, height }) => `${channelId} at height ${height}`);
  return [
    `${output.good("✔")} ${name} of ${mspId} at ${address}, level after ${seconds} s: ${heights.join(", ")}`,
    runnable.length > 0 ? `it runs ${runnable.join(", ")}` : "it runs no chaincode yet",
    ...notInstalled.map(
      ({ packageId, chaincodes }) =>
        `not installed: ${packageId} (${chaincodes.join(", ")}); it cannot endorse with it until it is installed`,
    ),
  ].join("\n");
}
