/** One channel at a peer: its ledger, its configuration, and the way of a block into it. */
import { join } from "node:path";
import { ChannelConfig, ChannelConfigRef, lastConfigNumber } from "../channel/index.ts";
import { BlockIntake, Committer, type PrivateSetGatherer } from "../committer/index.ts";
import {
  BlockPuller,
  BlockVerifier,
  CatchUp,
  type FetchSource,
  type PullReport,
} from "../delivery/index.ts";
import type { MspCache } from "../msp/index.ts";
import { assert } from "../kernel/assert.ts";
import { errorMessage } from "../kernel/error.ts";
import type { KvStore } from "../kernel/ports/kv-store.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import { BlockLayers, Ledger, TransientStore, type LedgerDeps } from "../ledger/index.ts";
import { encode, Block, tryDecode } from "../wire/index.ts";
import { isCollectionMember } from "./private-data.ts";
import type { PeerWorld } from "./world.ts";

export interface PeerChannelHooks {
  /** A block that this peer brought from the orderers is verified. */
  readonly onPulled: (number: number, bytes: Uint8Array) => void;
  readonly onPullReport: (report: PullReport) => void;
}

/** What brings a channel's private data once the peer takes part in gossip. */
export interface PeerChannelPrivateData {
  readonly gatherer: PrivateSetGatherer;
  readonly reconciler: { close(): Promise<void> };
}

export class PeerChannel {
  readonly channelId: string;
  readonly ledger: Ledger;
  readonly config: ChannelConfigRef;
  readonly transient: TransientStore;
  readonly #intake: BlockIntake;
  readonly #verifier: BlockVerifier;
  readonly #world: PeerWorld;
  readonly #logger: Logger;
  readonly #layers: BlockLayers;
  readonly #closing = new AbortController();
  // What gossip brought and was believed, decoded: next it is told to commit it.
  #believed: { readonly bytes: Uint8Array; readonly block: Block } | undefined;
  #catchingUp: Promise<void> = Promise.resolve();
  #stopReason: string | undefined;
  #privateData: PeerChannelPrivateData | undefined;
  #pulling: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;

  private constructor(
    world: PeerWorld,
    ledger: Ledger,
    config: ChannelConfigRef,
    state: KvStore,
    layers: BlockLayers,
  ) {
    const { channelId } = config.current();
    this.channelId = channelId;
    this.ledger = ledger;
    this.config = config;
    this.transient = new TransientStore({ state }, channelId);
    this.#world = world;
    this.#layers = layers;
    this.#logger = world.logger.child("channel", { channel: channelId });
    const committer = new Committer(
      {
        ...world,
        ledger,
        config,
        layers,
        // A peer that is catching up marks what it lacks as missing and is not held up.
        privateSets: {
          gather: async (...asked) => this.#privateData?.gatherer.gather(...asked),
        },
        logger: this.#logger.child("committer"),
      },
      { channelId },
    );
    this.#intake = new BlockIntake(committer, ledger);
    this.#verifier = new BlockVerifier(config, layers);
    world.health.register(`channel ${channelId}`, () => this.#checkHealth());
  }

  /** Opens the ledger, which begins with the genesis block when it is empty. Undefined when it is and there is none. */
  static async open(
    world: PeerWorld,
    state: KvStore,
    place: { readonly channelId: string; readonly directory: string },
    genesisBlock: Block | undefined,
  ): Promise<PeerChannel | undefined> {
    const { channelId } = place;
    const directory = join(place.directory, "blocks");
    const logger = world.logger.child("ledger", { channel: channelId });
    let config: ChannelConfigRef | undefined;
    const keepsCollection: LedgerDeps["keepsCollection"] = (reader, namespace, collection) =>
      config === undefined ||
      isCollectionMember(reader, config.current(), { namespace, collection }, world.signer);
    const layers = new BlockLayers();
    // Blocks that the state lacks are applied while the ledger is opened: who may keep what must be known by then.
    const beforeRecovery: LedgerDeps["beforeRecovery"] = async (blocks) => {
      if (blocks.height > 0) config = new ChannelConfigRef(await configInForce(blocks, world.msps));
    };
    const deps = { ...world, logger, directory, state, keepsCollection, beforeRecovery, layers };
    const ledger = await Ledger.open(deps, channelId);
    try {
      if (ledger.height === 0 && genesisBlock !== undefined) {
        await ledger.commitGenesis(genesisBlock);
      }
      if (ledger.height > 0) {
        config ??= new ChannelConfigRef(await configInForce(ledger, world.msps));
        return new PeerChannel(world, ledger, config, state, layers);
      }
    } catch (error) {
      await ledger.close();
      throw error;
    }
    await ledger.close();
    return undefined;
  }

  /** Blocks that were brought and are not in the ledger yet. */
  get blocksInCommit(): number {
    return this.#intake.underWayCount;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** A block that gossip brought, before anybody believes it. */
  async verify(
    number: number,
    bytes: Uint8Array,
  ): Promise<{ ok: true } | { ok: false; reason: string }> {
    const block = tryDecode(Block, bytes);
    if (block === undefined) return { ok: false, reason: "the bytes are no block" };
    // What the orderers' stream brought meanwhile is on its way into the ledger.
    if (number < this.#intake.height) return { ok: true };
    const expected = { number, previousHash: this.#intake.lastHash };
    const verdict = await this.#verifier.verify(block, expected);
    if (verdict.ok) this.#believed = { bytes, block };
    return verdict;
  }

  /** Commits a verified block; resolves when it is in the ledger. */
  async commit(bytes: Uint8Array): Promise<void> {
    const believed = this.#believed;
    this.#believed = undefined;
    const block = believed?.bytes === bytes ? believed.block : tryDecode(Block, bytes);
    assert(block !== undefined, "a verified block can be decoded");
    await this.#intake.commit(block);
  }

  /** Brings a ledger that is far behind level with `sources`; resolves when it is, or when nobody answers. */
  async catchUp(sources: () => readonly FetchSource[]): Promise<void> {
    const catchUp = new CatchUp(
      {
        ...this.#world,
        config: this.config,
        sink: this.#intake,
        logger: this.#logger.child("catch-up"),
        sources,
      },
      { channelId: this.channelId },
    );
    this.#catchingUp = catchUp.run(this.#closing.signal).catch((error: unknown) => {
      this.#reportStop(error);
    });
    await this.#catchingUp;
  }

  /** Begins or ends pulling blocks from the orderers. */
  async pull(wanted: boolean, hooks: PeerChannelHooks): Promise<void> {
    if (!wanted) {
      const pulling = this.#pulling;
      this.#pulling = undefined;
      pulling?.abort.abort();
      await pulling?.ended;
      return;
    }
    if (this.#pulling !== undefined) return;
    this.#logger.info("pulls blocks from the orderers for its organisation");
    const abort = new AbortController();
    this.#pulling = { abort, ended: this.#run(abort.signal, hooks) };
  }

  /** From now on a block's private sets are fetched before it is committed. To be called once. */
  usePrivateData(privateData: PeerChannelPrivateData): void {
    this.#privateData = privateData;
  }

  /** Ends catching up; gossip is not joined any more. */
  beginClose(): void {
    this.#closing.abort();
  }

  async close(): Promise<void> {
    this.beginClose();
    this.ledger.giveUpOnSpace();
    this.#pulling?.abort.abort();
    await this.#catchingUp;
    await this.#pulling?.ended;
    await this.#intake.settled();
    await this.#privateData?.reconciler.close();
    await this.ledger.close();
  }

  async #run(signal: AbortSignal, hooks: PeerChannelHooks): Promise<void> {
    const intake = this.#intake;
    const sink = {
      get height(): number {
        return intake.height;
      },
      get lastHash(): Uint8Array {
        return intake.lastHash;
      },
      offer: async (block: Block): Promise<void> => {
        hooks.onPulled(block.header?.number ?? 0, encode(Block, block));
        await intake.offer(block);
      },
    };
    const puller = new BlockPuller(
      {
        ...this.#world,
        config: this.config,
        layers: this.#layers,
        logger: this.#logger.child("puller"),
        sink,
        report: hooks.onPullReport,
      },
      { channelId: this.channelId, isTlsEnabled: true },
    );
    try {
      await puller.run(signal);
    } catch (error) {
      this.#reportStop(error);
    }
  }

  #reportStop(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const reason = errorMessage(error);
    this.#logger.error("the channel stops: a block could not be committed", { reason });
    this.#stopReason = reason;
  }

  #checkHealth(): Promise<void> {
    const full = "the disk is full: blocks are committed again when there is room";
    const complaint = this.#stopReason ?? (this.ledger.isFull ? full : undefined);
    return complaint === undefined ? Promise.resolve() : Promise.reject(new Error(complaint));
  }
}

async function configInForce(
  blocks: Pick<Ledger, "height" | "read">,
  msps: MspCache,
): Promise<ChannelConfig> {
  const newest = await blocks.read(blocks.height - 1);
  const number = newest === undefined ? undefined : lastConfigNumber(newest);
  const block = await blocks.read(number ?? 0);
  assert(block !== undefined, "the ledger holds the block of the configuration in force");
  return ChannelConfig.fromBlock(block, msps);
}
