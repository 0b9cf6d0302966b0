import {
  DevelopmentNetwork,
  NetworkError,
  ordererNamed,
  recoverOrderer,
  recoveryOutlook,
  type RecoveryOutlook,
} from "../../network/index.ts";
import { ask } from "../confirmation.ts";
import type { OrdererRecoverOptions } from "../orderer-options.ts";
import { Output } from "../output.ts";
import { formatTable } from "../table.ts";

export async function ordererRecover(options: OrdererRecoverOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const site = ordererNamed(network, options.forceNewCluster);
  const { channel } = options;
  const outlook = await recoveryOutlook(network, site, channel);
  output.say(outlookText(outlook));
  if (!options.yesIMayLoseTransactions) await confirm(channel);
  const steps = {
    step: (text: string) => {
      output.step(text);
    },
  };
  const report = await recoverOrderer(network, site, outlook, steps);
  output.result(
    { ...report, ...outlook },
    [
      `${output.good("✔")} ${report.name} is the whole group of ${report.channelId}; on record in ${report.record}`,
      "before any of the others runs again: `heddle orderer remove NAME --yes`, which wipes it, then `heddle orderer add --name NAME`",
    ].join("\n"),
  );
}

async function confirm(channel: string): Promise<void> {
  const otherwise = "confirm with --yes-i-may-lose-transactions";
  const answer = await ask(`type the channel's name to go on: `, otherwise);
  if (answer !== channel) {
    throw new NetworkError("needed", `"${answer}" is not ${channel}: nothing was changed`);
  }
}

function outlookText({ forecast, others }: RecoveryOutlook): string {
  const { channelId, raftId, height, committedIndex, lastIndex, lastTerm } = forecast;
  const rows = others.map((other) => [
    String(other.raftId),
    other.address,
    other.state,
    other.height === null ? "?" : String(other.height),
    other.lastIndex === null ? "?" : String(other.lastIndex),
  ]);
  const unsure =
    lastIndex > committedIndex
      ? `entries ${committedIndex + 1} to ${lastIndex} are not known to be committed: they become part of the channel`
      : "every entry of its log is known to be committed";
  return [
    `member ${raftId} of ${channelId} has ${height} blocks and a log up to entry ${lastIndex} of term ${lastTerm}`,
    unsure,
    `what others committed after entry ${lastIndex} is lost for this channel; peers that have such blocks must be made anew`,
    formatTable(["MEMBER", "ADDRESS", "STATE", "HEIGHT", "LAST ENTRY"], rows),
  ].join("\n");
}
