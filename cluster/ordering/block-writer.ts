import { lastConfigNumber, type ChannelConfig } from "../../src/channel/index.ts";
import { assert } from "../../src/kernel/assert.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import { Block, SignatureHeader, emptyBlockMetadata, encode } from "../../src/wire/index.ts";
import {
  misfit,
  ordererValue,
  recordOf,
  sealedBlock,
  signedBytes,
  tipOf,
  type ChainTip,
  type WholeBlock,
} from "./core/block-assembly.ts";
import { changedMembership, type Membership, type MembershipOutcome } from "./core/membership.ts";
import { BLOCKS_WRITTEN_TOGETHER_MAX } from "./limits.ts";
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
  /** After it. */
  readonly membership: Membership;
  /** What it brings into force. */
  readonly nextConfig: ChannelConfig | undefined;
}

/** Turns committed blocks into written ones: with this node's signature, in the block store, the configuration applied. */
export class BlockWriter {
  readonly #deps: BlockWriterDeps;
  #tip: ChainTip;
  #lastConfig: number;
  #membership: Membership;
  // Of the newest stored block that did not come through here.
  #heldIndex: number;

  /** `newest` is the newest block of the store, and `membership` that after it. */
  constructor(deps: BlockWriterDeps, membership: Membership, newest: Block) {
    assert(newest.header !== undefined, "a stored block is whole");
    this.#deps = deps;
    this.#membership = membership;
    this.#tip = tipOf(newest.header);
    this.#lastConfig = lastConfigNumber(newest) ?? 0;
    this.#heldIndex = recordOf(newest)?.raftIndex ?? 0;
  }

  /** Goes on from the newest stored block, after some were stored by others. */
  async advance(): Promise<void> {
    const { blocks } = this.#deps;
    const newest = await blocks.read(blocks.height - 1);
    assert(newest !== undefined, "what is below the height can be read");
    this.stored(newest);
  }

  /** Goes on from a block that others have stored, so that the membership is that after it. */
  stored(newest: Block): void {
    assert(newest.header !== undefined, "a stored block is whole");
    this.#tip = tipOf(newest.header);
    this.#lastConfig = lastConfigNumber(newest) ?? 0;
    const record = recordOf(newest);
    this.#heldIndex = record?.raftIndex ?? 0;
    this.#membership = record ?? this.#membership;
  }

  /** Whether the block of entry `raftIndex`, if it has one, was stored before it came here. */
  holds(raftIndex: number): boolean {
    return raftIndex <= this.#heldIndex;
  }

  /** The newest stored block as the log has it: without what this node has added. `undefined`: the genesis block. */
  async newestLogged(): Promise<Uint8Array | undefined> {
    const { blocks } = this.#deps;
    if (blocks.height <= 1) return undefined;
    const newest = await blocks.read(blocks.height - 1);
    assert(newest !== undefined, "what is below the height can be read");
    return encode(Block, { ...newest, metadata: emptyBlockMetadata() });
  }

  /** True while accepted blocks wait because the disk is full. */
  get isFull(): boolean {
    return this.#deps.blocks.isFull;
  }

  /** The newest accepted block. */
  get tip(): ChainTip {
    return this.#tip;
  }

  /** After the newest accepted block. */
  get membership(): Membership {
    return this.#membership;
  }

  /**
   * Decides whether the block of entry `raftIndex` continues the chain. If not, every replica passes over it: the
   * decision depends on the log alone. (A leader builds on what its log holds, so this takes a faulty leader.)
   * With a configuration block comes what it brings into force, and every block before it is written.
   */
  accept(
    block: Block,
    raftIndex: number,
    nextConfig?: ChannelConfig,
  ): AcceptedBlock | { readonly misfit: string } {
    const reason = misfit(this.#tip, block);
    if (reason !== undefined) return { misfit: reason };
    const whole = block as WholeBlock;
    if (nextConfig !== undefined) {
      const outcome = this.#membershipAfter(nextConfig);
      if (!outcome.ok) return { misfit: outcome.reason };
      this.#membership = outcome.membership;
      this.#lastConfig = whole.header.number;
    }
    this.#tip = tipOf(whole.header);
    const membership = this.#membership;
    return { block: whole, raftIndex, lastConfig: this.#lastConfig, membership, nextConfig };
  }

  #membershipAfter({ orderer }: ChannelConfig): MembershipOutcome {
    const { consenters } = this.#deps.config.current().orderer;
    return changedMembership(this.#membership, consenters, orderer.consenters);
  }

  /** Writes accepted blocks, in the order of their acceptance. Durable, and configurations in force, when it resolves. */
  async write(accepted: readonly AcceptedBlock[]): Promise<void> {
    // After a stall of the disk many may have come together, more than the store lets wait.
    for (let from = 0; from < accepted.length; from += BLOCKS_WRITTEN_TOGETHER_MAX) {
      const part = accepted.slice(from, from + BLOCKS_WRITTEN_TOGETHER_MAX);
      const sealed = await Promise.all(part.map((each) => this.#seal(each)));
      await Promise.all(sealed.map((block) => this.#deps.blocks.append(block)));
    }
    for (const { nextConfig } of accepted) {
      if (nextConfig !== undefined) this.#deps.config.replace(nextConfig);
    }
  }

  async #seal({ block, raftIndex, lastConfig, membership }: AcceptedBlock): Promise<WholeBlock> {
    const { signer, random } = this.#deps;
    const value = ordererValue({ lastConfig, ...membership, raftIndex });
    const nonce = random.bytes(NONCE_BYTES);
    const signatureHeader = encode(SignatureHeader, { creator: signer.identity, nonce });
    const signature = await signer.sign(signedBytes(value, signatureHeader, block.header));
    return sealedBlock(block, lastConfig, value, [{ signatureHeader, signature }]);
  }
}
