import {
  DevelopmentNetwork,
  addPeer,
  type AddPeerReport,
  type Level,
} from "../../network/index.ts";
import { Output } from "../output.ts";
import { paceOf, progressText, type Reading } from "../progress-text.ts";
import type { PeerAddOptions } from "../peer-options.ts";

export async function peerAdd(options: PeerAddOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const first = new Map<string, Reading>();
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
          show(output, level, first);
        },
      },
    );
    output.result({ event: "added", ...report }, textOf(report, output));
  } finally {
    network.close();
  }
}

function show(output: Output, level: Level, first: Map<string, Reading>): void {
  const { channelId, height, target } = level;
  const newest = { height, target, atMs: performance.now() };
  const start = first.get(channelId) ?? newest;
  first.set(channelId, start);
  const pace = paceOf(start, newest);
  output.progress(
    { event: "progress", ...level, ...pace },
    `${channelId} ${progressText(newest, pace)}`,
  );
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
