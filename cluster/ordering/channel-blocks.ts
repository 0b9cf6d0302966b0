/** What a channel's blocks on disk say when it is opened. */
import { ChannelConfig, lastConfigNumber } from "../../src/channel/index.ts";
import type { MspCache } from "../../src/msp/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { BlockStore } from "../../src/ledger/index.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import { recordOf } from "./core/block-assembly.ts";
import { firstMembership, type Membership } from "./core/membership.ts";
import { OrderingError } from "./errors.ts";

/** The newest block, after the genesis block was put in its place if there was none. Throws `OrderingError`. */
export async function newestBlock(blocks: BlockStore, genesis: Block | undefined): Promise<Block> {
  if (blocks.height === 0 && genesis !== undefined) await blocks.append(genesis);
  if (genesis !== undefined) await requireGenesis(blocks, genesis);
  const newest = blocks.height === 0 ? undefined : await blocks.read(blocks.height - 1);
  if (newest !== undefined) return newest;
  throw new OrderingError(
    "no_blocks",
    "there are no blocks of this channel on disk; join it with a config block",
  );
}

async function requireGenesis(blocks: BlockStore, genesis: Block): Promise<void> {
  const first = await blocks.read(0);
  const isSame =
    first?.header !== undefined &&
    genesis.header !== undefined &&
    equalBytes(blockHeaderHash(first.header), blockHeaderHash(genesis.header));
  if (isSame) return;
  throw new OrderingError(
    "wrong_genesis",
    "the blocks on disk begin with another genesis block; give each channel a directory of its own",
  );
}

/** Fabric: each block says who the members are after it; the first one's are those of its configuration. */
export function membershipAfter(newest: Block, config: ChannelConfig): Membership {
  return recordOf(newest) ?? firstMembership(config.orderer.consenters.length);
}

/** The configuration after the newest block. */
export async function configInForce(
  blocks: BlockStore,
  newest: Block,
  msps: MspCache | undefined,
): Promise<ChannelConfig> {
  const block = await blocks.read(lastConfigNumber(newest) ?? 0);
  return ChannelConfig.fromBlock(block ?? newest, msps);
}
