import { setTimeout as delay } from "node:timers/promises";
import type { DevelopmentNetwork } from "../network/index.ts";
import type { SeekPosition } from "../wire/index.ts";
import { formatBlock, summarizeBlock } from "./block-line.ts";
import type { Output } from "./output.ts";

const RECONNECT_DELAY_MS = 500;
const FOREVER: SeekPosition = {
  type: { $case: "specified", value: { number: String(Number.MAX_SAFE_INTEGER) } },
};

/** Prints a line for each block that the first peer commits from now on, until `signal` is aborted. */
export async function followBlocks(
  network: DevelopmentNetwork,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const [organization] = network.topology.organizations;
  if (organization === undefined) return;
  const client = await network.client(organization, "User1");
  let start: SeekPosition = { type: { $case: "nextCommit", value: {} } };
  while (!signal.aborted) {
    try {
      const { channelId } = network.topology;
      for await (const block of client.blocks({ channelId, start, stop: FOREVER, signal })) {
        const summary = summarizeBlock(block);
        output.result(summary, formatBlock(summary));
        start = { type: { $case: "specified", value: { number: String(summary.number + 1) } } };
      }
    } catch {
      // The peer is away, perhaps because someone stopped it to see what happens: ask again where it left off.
    }
    await delay(RECONNECT_DELAY_MS, undefined, { signal }).catch(() => undefined);
  }
}
