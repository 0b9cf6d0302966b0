import { DevelopmentNetwork, ordererNamed, replaceOrderer } from "../../network/index.ts";
import { LedgerProgress } from "../ledger-progress.ts";
import { Output } from "../output.ts";
import type { DirectoryOptions } from "../shared-options.ts";

export async function ordererReplace(name: string, options: DirectoryOptions): Promise<void> {
  const output = new Output(options);
  const progress = new LedgerProgress(output);
  const network = await DevelopmentNetwork.open(options.dir);
  const report = await replaceOrderer(network, ordererNamed(network, name), {
    step: (text) => {
      output.step(text);
    },
    level: (level) => {
      progress.show(level);
    },
  });
  const places = report.channels.map(({ channelId, raftId }) => `member ${raftId} of ${channelId}`);
  output.result(
    { event: "replaced", ...report },
    `${output.good("✔")} ${report.name} has a new TLS certificate and is still ${places.join(", ")}`,
  );
}
