import { ChannelConfig, lastConfigNumber } from "../../src/channel/index.ts";
import type { MspCache } from "../../src/msp/index.ts";
import type { BlockStore } from "../../src/ledger/index.ts";
import { ParticipationError } from "./errors.ts";

/** The configuration in force after the newest block of `blocks`; undefined when there is none. */
export async function configOnDisk(
  blocks: BlockStore,
  msps?: MspCache,
): Promise<ChannelConfig | undefined> {
  if (blocks.height === 0) return undefined;
  const newest = await blocks.read(blocks.height - 1);
  const number = newest && lastConfigNumber(newest);
  const block = number === undefined ? undefined : await blocks.read(number);
  if (block !== undefined) return ChannelConfig.fromBlock(block, msps);
  throw new ParticipationError(
    "no_config",
    `block ${blocks.height - 1} does not say which block on disk holds the channel's configuration; remove the channel and join it again`,
  );
}
