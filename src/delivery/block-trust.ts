import type { OrdererEndpoint } from "../channel/index.ts";
import type { Block } from "../wire/index.ts";
import type { BlockVerdict } from "./block-verifier.ts";
import type { ExpectedBlock } from "./core/block-form.ts";

/** Which orderers to ask for blocks, and which of their blocks to believe, where the configuration in force does not say. */
export interface BlockTrust {
  endpoints(): readonly OrdererEndpoint[];
  /** Decides over a block that is to be the successor of the one before. Never rejects for what the block contains. */
  verify(block: Block, expected: ExpectedBlock): Promise<BlockVerdict>;
}
