import {
  type ChannelConfig,
  isConfigBlock,
  type OrdererEndpoint,
} from "../../src/channel/index.ts";
import {
  BlockVerifier,
  checkBlockForm,
  type BlockTrust,
  type BlockVerdict,
  type ExpectedBlock,
} from "../../src/delivery/index.ts";
import { assert } from "../../src/kernel/assert.ts";
import { equalBytes, toHex } from "../../src/kernel/bytes.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { blockHeaderHash, type Block, type BlockHeader } from "../../src/wire/index.ts";
import { DISCONTINUITIES_PER_ENDPOINT_MAX } from "./limits.ts";

/**
 * Which blocks to believe before the block that a channel was joined with is here. That block is the trust anchor: each
 * block must continue the one before, be signed as the configuration before it asks, and the last must be the anchor.
 * Block 0, which nobody signs, is taken as it comes: when the chain does not end at the anchor all of it is dropped.
 */
export class OnboardingTrust implements BlockTrust {
  readonly #anchor: BlockHeader;
  readonly #anchorConfig: ChannelConfig;
  readonly #onWrongChain: () => void;
  // Of the newest block that was believed.
  #config: ChannelConfig | undefined;
  #discontinuities = 0;

  /** `anchorConfig`: in the anchor. `config`: in force after the blocks that are here. `onWrongChain`: they are not those that lead to the anchor. */
  constructor(parts: {
    readonly anchor: Block;
    readonly anchorConfig: ChannelConfig;
    readonly config: ChannelConfig | undefined;
    readonly onWrongChain: () => void;
  }) {
    assert(parts.anchor.header !== undefined, "a join block was checked when it was taken");
    this.#anchor = parts.anchor.header;
    this.#anchorConfig = parts.anchorConfig;
    this.#config = parts.config;
    this.#onWrongChain = parts.onWrongChain;
  }

  /** Those of the block that the channel was joined with: older ones may be gone. */
  endpoints(): readonly OrdererEndpoint[] {
    return this.#anchorConfig.ordererEndpoints();
  }

  async verify(block: Block, expected: ExpectedBlock): Promise<BlockVerdict> {
    if (!this.#leadsToAnchor(expected)) {
      this.#onWrongChain();
      return refused(expected, "the blocks before it are not those that the join block continues");
    }
    const verdict = await this.#judge(block, expected);
    if (!verdict.ok) {
      this.#countDiscontinuity(block, expected);
      return verdict;
    }
    this.#discontinuities = 0;
    return isConfigBlock(block) ? this.#adopt(block, expected) : verdict;
  }

  // The last place at which a wrong chain shows, and the only one at which it shows for certain.
  #leadsToAnchor({ number, previousHash }: ExpectedBlock): boolean {
    return number !== this.#anchor.number || equalBytes(previousHash, this.#anchor.previousHash);
  }

  async #judge(block: Block, expected: ExpectedBlock): Promise<BlockVerdict> {
    const config = this.#config;
    if (config !== undefined) {
      const verdict = await new BlockVerifier({ current: () => config }).verify(block, expected);
      return verdict.ok ? this.#checkAnchor(block, expected) : verdict;
    }
    const form = checkBlockForm(block, expected);
    if (!form.ok) return refused(expected, form.reason);
    if (!isConfigBlock(block)) return refused(expected, "it holds no configuration");
    return this.#checkAnchor(block, expected);
  }

  #checkAnchor(block: Block, expected: ExpectedBlock): BlockVerdict {
    if (expected.number !== this.#anchor.number || block.header === undefined) return { ok: true };
    const hash = blockHeaderHash(block.header);
    const wanted = blockHeaderHash(this.#anchor);
    if (equalBytes(hash, wanted)) return { ok: true };
    return refused(
      expected,
      `it has hash ${toHex(hash)}, the block that the channel was joined with has ${toHex(wanted)}`,
    );
  }

  #adopt(block: Block, expected: ExpectedBlock): BlockVerdict {
    try {
      this.#config = this.#anchorConfig.successorIn(block);
      return { ok: true };
    } catch (error) {
      return refused(expected, `its configuration is unusable: ${errorMessage(error)}`);
    }
  }

  // Either the orderer that sent this block lies or one that sent an earlier one did.
  #countDiscontinuity({ header }: Block, { number, previousHash }: ExpectedBlock): void {
    if (header === undefined || header.number !== number || number === 0) return;
    if (equalBytes(header.previousHash, previousHash)) return;
    this.#discontinuities += 1;
    const most = DISCONTINUITIES_PER_ENDPOINT_MAX * this.endpoints().length;
    if (this.#discontinuities > most) this.#onWrongChain();
  }
}

function refused({ number }: ExpectedBlock, reason: string): BlockVerdict {
  return { ok: false, reason: `block ${number} is refused: ${reason}` };
}
