import type { ChannelConfig } from "../../src/channel/index.ts";
import type { ReplicaTuning } from "../replica/index.ts";

/**
 * How a member runs by the channel's configuration; `undefined` when that has no Raft options. `tickIntervalMs` is this
 * node's own, in place of the channel's.
 */
export function tuningOf(
  { orderer }: Pick<ChannelConfig, "orderer">,
  tickIntervalMs?: number,
): ReplicaTuning | undefined {
  const { raftOptions, batchSize } = orderer;
  if (raftOptions === undefined) return undefined;
  return {
    tickIntervalMs: tickIntervalMs ?? raftOptions.tickIntervalMs,
    electionTicks: raftOptions.electionTicks,
    heartbeatTicks: raftOptions.heartbeatTicks,
    messageBytesMax: batchSize.preferredBytesMax,
    inflightMessagesMax: raftOptions.inflightBlocksMax,
  };
}
