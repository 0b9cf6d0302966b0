/** The channels that a peer has joined: opened at its start, joined further ones while it runs. */
import { join } from "node:path";
import type { ChannelJoiner, JoinAnswer } from "../endorser/index.ts";
import { InvariantViolation } from "../kernel/assert.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { KvReader } from "../kernel/ports/kv-store.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import { ledgerIds } from "../ledger/index.ts";
import { isChannelId } from "../channel/index.ts";
import type { Block } from "../wire/index.ts";
import { CHANNELS_MAX } from "./limits.ts";

/** What the registrar holds of a channel. */
export interface JoinedChannel {
  readonly channelId: string;
  close(): Promise<void>;
}

export interface ChannelRegistrarDeps<C extends JoinedChannel> {
  readonly files: Files;
  /** The peer's one store. */
  readonly state: KvReader;
  readonly logger: Logger;
  /**
   * Opens the channel's ledger in `directory`; one that is empty begins with `genesisBlock`. Undefined when it is empty
   * and there is none: nothing stays open then.
   */
  readonly openChannel: (
    channelId: string,
    directory: string,
    genesisBlock: Block | undefined,
  ) => Promise<C | undefined>;
}

export interface ChannelRegistrarOptions {
  /** Holds a folder for each channel. */
  readonly directory: string;
}

/**
 * What is recorded of a join is the ledger itself: a channel has been joined when its block 0 is durable. A crash before that
 * leaves an empty folder at most, and whoever asked has had no answer; a crash after it, a channel that is opened at
 * the next start. A channel whose files are gone while the store still has its state is opened too, so that the
 * loss is met at the start and not taken for a channel that was never joined.
 */
export class ChannelRegistrar<C extends JoinedChannel> implements ChannelJoiner {
  readonly #deps: ChannelRegistrarDeps<C>;
  readonly #directory: string;
  readonly #channels = new Map<string, C>();
  readonly #listeners = new Set<(channel: C) => void>();
  // Joins, one after the other. Never rejects.
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(deps: ChannelRegistrarDeps<C>, options: ChannelRegistrarOptions) {
    this.#deps = deps;
    this.#directory = options.directory;
  }

  /** Opens what was joined before. Rejects when a channel cannot be opened; those opened before it are closed again. */
  static async open<C extends JoinedChannel>(
    deps: ChannelRegistrarDeps<C>,
    options: ChannelRegistrarOptions,
  ): Promise<ChannelRegistrar<C>> {
    const registrar = new ChannelRegistrar<C>(deps, options);
    try {
      for (const channelId of await registrar.#recorded()) {
        await registrar.#open(channelId, undefined);
      }
    } catch (error) {
      await registrar.close();
      throw error;
    }
    return registrar;
  }

  channel(channelId: string): C | undefined {
    return this.#channels.get(channelId);
  }

  channelIds(): readonly string[] {
    return [...this.#channels.keys()];
  }

  channels(): readonly C[] {
    return [...this.#channels.values()];
  }

  /** Calls `listener` with each channel that is joined from now on, before its joining is answered. */
  subscribe(listener: (channel: C) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Joins a channel whose genesis block has been checked. Refuses, in Fabric's words, what is joined already; rejects when a
   * listener throws.
   */
  join(channelId: string, genesisBlock: Block): Promise<JoinAnswer> {
    const joined = this.#last.then(() => this.#join(channelId, genesisBlock));
    this.#last = joined.catch(() => undefined);
    return joined;
  }

  /** Waits for a join under way and closes every channel. Idempotent; further joins are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    for (const channel of this.#channels.values()) await channel.close();
    this.#channels.clear();
  }

  async #join(channelId: string, genesisBlock: Block): Promise<JoinAnswer> {
    const refusal = this.#refusal(channelId, genesisBlock);
    if (refusal !== undefined) return refused(refusal);
    let channel: C | undefined;
    try {
      channel = await this.#open(channelId, genesisBlock);
    } catch (error) {
      if (error instanceof InvariantViolation) throw error;
      this.#deps.logger.error("cannot join a channel", {
        channel: channelId,
        reason: errorMessage(error),
      });
      return refused(errorMessage(error));
    }
    if (channel === undefined) return refused(`ledger [${channelId}] could not be made`);
    this.#deps.logger.info("joined a channel", { channel: channelId });
    for (const listener of this.#listeners) listener(channel);
    return { ok: true };
  }

  #refusal(channelId: string, { header }: Block): string | undefined {
    if (this.#isClosed) return "the peer is stopping";
    if (this.#channels.has(channelId)) {
      return `ledger [${channelId}] already exists with state [ACTIVE]`;
    }
    // Fabric: a later config block fails in the block store.
    if (header?.number !== 0) {
      return `block number should have been 0 but was ${header?.number ?? "absent"}`;
    }
    return this.#channels.size < CHANNELS_MAX
      ? undefined
      : `this peer has joined ${CHANNELS_MAX} channels, which is the most it can; let another peer join`;
  }

  async #open(channelId: string, genesisBlock: Block | undefined): Promise<C | undefined> {
    const directory = join(this.#directory, channelId);
    const channel = await this.#deps.openChannel(channelId, directory, genesisBlock);
    if (channel !== undefined) this.#channels.set(channelId, channel);
    else
      this.#deps.logger.info("passed over a folder of a join that was never finished", {
        channelId,
      });
    return channel;
  }

  async #recorded(): Promise<readonly string[]> {
    const folders = await this.#deps.files.list(this.#directory);
    const ids = new Set([...folders, ...ledgerIds(this.#deps.state)]);
    return [...ids].filter(isChannelId).sort();
  }
}

function refused(reason: string): JoinAnswer {
  return { ok: false, reason: `cannot create ledger from genesis block: ${reason}` };
}
