import { ChannelConfig, isConfigBlock, lastConfigNumber } from "../../src/channel/index.ts";
import { assert } from "../../src/kernel/assert.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import { SignatureHeader, encode, type Block } from "../../src/wire/index.ts";
import {
  misfit,
  ordererValue,
  sealedBlock,
  signedBytes,
  tipOf,
  type ChainTip,
  type WholeBlock,
} from "./core/block-assembly.ts";
import type { ConfigInForce, OrderedBlocks } from "./ports.ts";

// Fabric's length.
const NONCE_BYTES = 24;

export interface BlockWriterDeps {
  readonly blocks: OrderedBlocks;
  readonly config: ConfigInForce;
  readonly signer: Signer;
  readonly random: Random;
}

/** A block of the log that continues the chain. */
export interface AcceptedBlock {
  readonly block: WholeBlock;
  readonly raftIndex: number;
  readonly lastConfig: number;
}

/** Turns committed blocks into written ones: with this node's signature, in the block store, the configuration applied. */
export class BlockWriter {
  readonly #deps: BlockWriterDeps;
  readonly #consenterIds: readonly number[];
  #tip: ChainTip;
  #lastConfig: number;

  /** `newest` is the newest block of the store. */
  constructor(deps: BlockWriterDeps, consenterIds: readonly number[], newest: Block) {
    assert(newest.header !== undefined, "a stored block is whole");
    this.#deps = deps;
    this.#consenterIds = consenterIds;
    this.#tip = tipOf(newest.header);
    this.#lastConfig = lastConfigNumber(newest) ?? 0;
  }

  /** The newest accepted block. */
  get tip(): ChainTip {
    return this.#tip;
  }

  /**
   * Decides whether the block of entry `raftIndex` continues the chain. If not, every replica passes over it: the
   * decision depends on the log alone. (A leader builds on what its log holds, so this takes a faulty leader.)
   */
  accept(block: Block, raftIndex: number): AcceptedBlock | { readonly misfit: string } {
    const reason = misfit(this.#tip, block);
    if (reason !== undefined) return { misfit: reason };
    const whole = block as WholeBlock;
    this.#tip = tipOf(whole.header);
    if (isConfigBlock(whole)) this.#lastConfig = whole.header.number;
    return { block: whole, raftIndex, lastConfig: this.#lastConfig };
  }

  /** Writes accepted blocks, in the order of their acceptance. Durable, and configurations in force, when it resolves. */
  async write(accepted: readonly AcceptedBlock[]): Promise<void> {
    const sealed = await Promise.all(accepted.map((each) => this.#seal(each)));
    await Promise.all(sealed.map((block) => this.#deps.blocks.append(block)));
    for (const block of sealed) {
      if (isConfigBlock(block)) this.#deps.config.replace(ChannelConfig.fromBlock(block));
    }
  }

  async #seal({ block, raftIndex, lastConfig }: AcceptedBlock): Promise<WholeBlock> {
    const { signer, random } = this.#deps;
    const consenterIds = this.#consenterIds;
    const nextConsenterId = Math.max(...consenterIds) + 1;
    const value = ordererValue({ lastConfig, consenterIds, nextConsenterId, raftIndex });
    const nonce = random.bytes(NONCE_BYTES);
    const signatureHeader = encode(SignatureHeader, { creator: signer.identity, nonce });
    const signature = await signer.sign(signedBytes(value, signatureHeader, block.header));
    return sealedBlock(block, lastConfig, value, [{ signatureHeader, signature }]);
  }
}
