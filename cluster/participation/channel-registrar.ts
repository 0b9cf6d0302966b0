import { ChannelConfig, isChannelId, lastConfigNumber } from "../../src/channel/index.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { Block, encode, type Envelope } from "../../src/wire/index.ts";
import { isConsenterOf, type ChannelOrderer, type ChannelOrdererDeps } from "../ordering/index.ts";
import { SharedDialer } from "../replica/index.ts";
import type { ChannelInfo } from "./channel-info.ts";
import { openChannelRecords, type ChannelRecords } from "./channel-records.ts";
import { CHANNELS_MAX, OPENING_COUNT_MAX } from "./limits.ts";
import type { BlockChoice } from "./core/api-route.ts";
import { participationMetrics, type ParticipationMetrics } from "./metrics.ts";
import { OrdererChannel } from "./orderer-channel.ts";

export type ChannelRegistrarDeps = ChannelOrdererDeps;

export interface ChannelRegistrarOptions {
  /** Of the node: channels/ and pendingops/ are made in it. */
  readonly dataDirectory: string;
  /** This node's TLS server certificate, PEM or DER. */
  readonly serverTlsCert: Uint8Array;
  /** Genesis blocks of channels that are joined at the start unless they are on disk or were removed. */
  readonly genesisBlocks: readonly Block[];
  /** Default `CHANNELS_MAX`. */
  readonly channelsMax?: number;
}

export type JoinResult =
  | { readonly kind: "joined"; readonly info: ChannelInfo }
  | { readonly kind: "exists" | "removing" | "removal failed" }
  | { readonly kind: "refused"; readonly reason: string };

export type RemoveResult =
  | { readonly kind: "removed" | "unknown" | "removing" }
  | { readonly kind: "failed"; readonly reason: string };

export type FetchResult =
  | { readonly kind: "block"; readonly bytes: Uint8Array }
  | { readonly kind: "unknown" | "removing" | "removal failed" | "follower" | "no block" };

export type UpdateResult =
  | { readonly kind: "updated"; readonly info: ChannelInfo }
  | { readonly kind: "unknown" | "removing" | "removal failed" | "follower" }
  | { readonly kind: "refused"; readonly reason: string };

/** All channels of one orderer: found on disk at the start, joined and removed while it runs. */
export class ChannelRegistrar {
  readonly #deps: ChannelRegistrarDeps;
  readonly #options: ChannelRegistrarOptions;
  readonly #records: ChannelRecords;
  readonly #metrics: ParticipationMetrics;
  readonly #listed = new Map<string, Block>();
  readonly #channels = new Map<string, OrdererChannel>();
  #isClosed = false;

  private constructor(
    deps: ChannelRegistrarDeps,
    options: ChannelRegistrarOptions,
    records: ChannelRecords,
  ) {
    this.#deps = { ...deps, memberDialer: deps.memberDialer ?? new SharedDialer(deps) };
    this.#options = options;
    this.#records = records;
    this.#metrics = participationMetrics(deps.meter);
    for (const block of options.genesisBlocks) {
      this.#listed.set(ChannelConfig.fromBlock(block, deps.msps).channelId, block);
    }
  }

  /**
   * Completes what was under way and opens every channel; one that cannot be opened is there as failed. Rejects when the
   * records on disk cannot be read, and for a listed genesis block that is none (`ChannelError`).
   */
  static async open(
    deps: ChannelRegistrarDeps,
    options: ChannelRegistrarOptions,
  ): Promise<ChannelRegistrar> {
    const records = await openChannelRecords(deps.files, `${options.dataDirectory}/pendingops`);
    const registrar = new ChannelRegistrar(deps, options, records);
    await registrar.#recover();
    return registrar;
  }

  /** For Broadcast and Deliver: undefined unless this node orders the channel. */
  orderer(channelId: string): ChannelOrderer | undefined {
    return this.#channels.get(channelId)?.orderer;
  }

  /** The blocks of a channel that this node orders or follows. */
  blocks(channelId: string): OrdererChannel["blocks"] {
    return this.#channels.get(channelId)?.blocks;
  }

  /** Why a channel that this node would order is not served: it is being opened, or has failed. */
  outage(channelId: string): string | undefined {
    return this.#channels.get(channelId)?.outage;
  }

  /** Sorted by name. */
  list(): readonly ChannelInfo[] {
    const ids = [...this.#channels.keys()].sort();
    return ids.flatMap((id) => this.info(id) ?? []);
  }

  info(channelId: string): ChannelInfo | undefined {
    return this.#channels.get(channelId)?.info();
  }

  /** Channels that have failed, with the reasons. */
  failures(): readonly { readonly channelId: string; readonly reason: string }[] {
    return [...this.#channels.values()].flatMap(({ channelId, failure }) =>
      failure === undefined ? [] : [{ channelId, reason: failure }],
    );
  }

  /** What an operator must know: of channels that failed, take no part in their group, or order nothing. */
  complaints(): readonly string[] {
    return this.list().flatMap(({ name, complaint }) =>
      complaint === undefined ? [] : [`${name}: ${complaint}`],
    );
  }

  /**
   * Joins the channel of a config block that was checked. Fabric: with the genesis block, a consenter orders at once;
   * whoever else joins pulls blocks first. Never rejects.
   */
  async join(joinBlock: Block): Promise<JoinResult> {
    const { channelId } = ChannelConfig.fromBlock(joinBlock, this.#deps.msps);
    const present = this.#channels.get(channelId);
    if (present !== undefined) return { kind: joinRefusal(present) };
    const reason = this.#cannotJoin(joinBlock);
    if (reason !== undefined) return { kind: "refused", reason };
    const channel = this.#add(channelId);
    try {
      // What is there without a block and without a record belongs to nobody.
      await this.#deps.files.removeDirectory(this.#directory(channelId));
      await this.#records.join.save(channelId, encode(Block, joinBlock));
      await this.#records.left.remove(channelId);
    } catch (error) {
      return this.#undo(channel, errorMessage(error));
    }
    await channel.open();
    const { failure } = channel;
    if (failure !== undefined) return this.#undo(channel, failure);
    return { kind: "joined", info: channel.info() };
  }

  /** Ends taking part in a channel and removes everything of it. Never rejects. */
  async remove(channelId: string): Promise<RemoveResult> {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return { kind: "unknown" };
    if (channel.removal === "under way") return { kind: "removing" };
    await channel.remove();
    if (channel.removal !== undefined) {
      return { kind: "failed", reason: channel.failure ?? "it was cut short" };
    }
    this.#channels.delete(channelId);
    return { kind: "removed" };
  }

  /** A marshalled block of a channel that this node orders. */
  async fetch(channelId: string, choice: BlockChoice): Promise<FetchResult> {
    const found = this.#ordered(channelId);
    if ("kind" in found) return found;
    const { blocks } = found.orderer;
    const number = await numberOf(found.orderer, choice);
    const bytes = number === undefined || number < 0 ? undefined : await blocks.readBytes(number);
    return bytes === undefined ? { kind: "no block" } : { kind: "block", bytes };
  }

  /** Orders a configuration update. Resolves when it is in force, or not. Never rejects. */
  async update(
    channelId: string,
    envelope: Envelope,
    order: (envelope: Envelope) => Promise<string | undefined>,
  ): Promise<UpdateResult> {
    const found = this.#ordered(channelId);
    if ("kind" in found) return found;
    const reason = await order(envelope);
    if (reason !== undefined) return { kind: "refused", reason };
    const info = this.info(channelId);
    return info === undefined ? { kind: "unknown" } : { kind: "updated", info };
  }

  /** Stops every channel. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  #ordered(
    channelId: string,
  ):
    | { readonly orderer: ChannelOrderer }
    | { readonly kind: "unknown" | "removing" | "removal failed" | "follower" } {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return { kind: "unknown" };
    if (channel.removal === "failed") return { kind: "removal failed" };
    if (channel.removal === "under way") return { kind: "removing" };
    return channel.orderer === undefined ? { kind: "follower" } : { orderer: channel.orderer };
  }

  #cannotJoin(joinBlock: Block): string | undefined {
    const { channelsMax = CHANNELS_MAX, serverTlsCert } = this.#options;
    if (this.#isClosed) return "the orderer is closing";
    if (this.#channels.size >= channelsMax) {
      return `this orderer takes part in ${this.#channels.size} channels, the most it may; remove one first`;
    }
    try {
      // Says whether the channel is ordered by Raft at all.
      isConsenterOf(ChannelConfig.fromBlock(joinBlock, this.#deps.msps), serverTlsCert);
      return undefined;
    } catch (error) {
      return errorMessage(error);
    }
  }

  // A join that failed leaves nothing, so that it can be tried again.
  async #undo(channel: OrdererChannel, reason: string): Promise<JoinResult> {
    await channel.remove("never took part");
    if (channel.removal === undefined) this.#channels.delete(channel.channelId);
    return { kind: "refused", reason };
  }

  async #recover(): Promise<void> {
    for (const channelId of await this.#records.remove.names()) {
      const result = await this.#completeRemoval(channelId);
      if (result) this.#deps.logger.info("completed a removal", { channel: channelId });
    }
    await this.#bootstrap();
    const ids = (await this.#onDisk()).filter((id) => !this.#channels.has(id));
    const channels = ids.map((id) => this.#add(id));
    const next = channels.values();
    const openAll = async (): Promise<void> => {
      for (const channel of next) await channel.open();
    };
    await Promise.all(Array.from({ length: OPENING_COUNT_MAX }, openAll));
  }

  async #completeRemoval(channelId: string): Promise<boolean> {
    const channel = this.#add(channelId);
    await channel.remove();
    if (channel.removal !== undefined) return false;
    return this.#channels.delete(channelId);
  }

  // The channels that the configuration lists are joined as an administrator would, but once.
  async #bootstrap(): Promise<void> {
    const present = new Set(await this.#onDisk());
    for (const [channelId, block] of this.#listed) {
      if (present.has(channelId) || (await this.#records.left.has(channelId))) continue;
      await this.#records.join.save(channelId, encode(Block, block));
    }
  }

  // A folder without a block or a join is what an interrupted start of a channel, or a removal, has left.
  async #onDisk(): Promise<readonly string[]> {
    const joining = await this.#records.join.names();
    const ids = new Set(joining);
    for (const entry of await this.#deps.files.list(this.#channelsDirectory)) {
      const isStarted =
        (await this.#deps.files.list(`${this.#directory(entry)}/blocks`)).length > 0;
      if (isStarted) ids.add(entry);
    }
    return [...ids].filter(isChannelId).sort();
  }

  #add(channelId: string): OrdererChannel {
    const channel = new OrdererChannel(
      { ...this.#deps, records: this.#records, metrics: this.#metrics },
      {
        channelId,
        directory: this.#directory(channelId),
        serverTlsCert: this.#options.serverTlsCert,
        genesisBlock: this.#listed.get(channelId),
      },
    );
    this.#channels.set(channelId, channel);
    return channel;
  }

  get #channelsDirectory(): string {
    return `${this.#options.dataDirectory}/channels`;
  }

  #directory(channelId: string): string {
    return `${this.#channelsDirectory}/${channelId}`;
  }
}

function joinRefusal(channel: OrdererChannel): "exists" | "removing" | "removal failed" {
  if (channel.removal === "failed") return "removal failed";
  return channel.removal === "under way" ? "removing" : "exists";
}

async function numberOf(
  { blocks }: ChannelOrderer,
  choice: BlockChoice,
): Promise<number | undefined> {
  switch (choice) {
    case "oldest":
      return 0;
    case "newest":
      return blocks.height - 1;
    case "config": {
      const newest = await blocks.read(blocks.height - 1);
      return newest && lastConfigNumber(newest);
    }
    default:
      return choice;
  }
}
