import { DevelopmentNetwork, joinChannel, untilLevel } from "../../network/index.ts";
import { LedgerProgress } from "../ledger-progress.ts";
import { EXIT, Output } from "../output.ts";
import { formatTable } from "../table.ts";
import type { PeerJoinOptions } from "../peer-options.ts";

export async function peerJoin(options: PeerJoinOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  try {
    const peers =
      options.peer === undefined ? await network.runningPeers() : [network.peer(options.peer).site];
    const request = { channelId: options.channel, blockFile: options.block };
    const reports = await joinChannel(network, request, peers);
    for (const { peer, outcome } of reports) {
      if (outcome !== "joined") continue;
      output.step(`${peer} catches up`);
      const progress = new LedgerProgress(output);
      await untilLevel(network, network.peer(peer).site, options.channel, (level) => {
        progress.show(level);
      });
    }
    const rows = reports.map(({ peer, outcome, reason }) => [
      peer,
      outcome === "refused" ? output.bad(outcome) : output.good(outcome),
      reason ?? "",
    ]);
    output.result(
      { channelId: options.channel, peers: reports },
      formatTable(["PEER", "OUTCOME", ""], rows),
    );
    if (reports.some(({ outcome }) => outcome === "refused")) process.exitCode = EXIT.failed;
  } finally {
    network.close();
  }
}
