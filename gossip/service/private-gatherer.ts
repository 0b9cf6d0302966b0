/** Brings the private sets that a block needs before it is committed. */
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { AnnouncedPrivateSet } from "../../src/ledger/index.ts";
import {
  TxPvtReadWriteSet,
  TxReadWriteSet_DataModel,
  encode,
  type Block,
  type TxValidationCode,
} from "../../src/wire/index.ts";
import { PRIVATE_GATHER_TIMEOUT_MS, TRANSIENT_RETENTION_BLOCKS } from "./limits.ts";
import type { PrivateExchange } from "./private-exchange.ts";
import { fetchPrivateSets, type PrivateFetchDeps } from "./private-fetch.ts";
import { privateMetrics } from "./private-metrics.ts";

export interface PrivateGathererDeps extends Omit<PrivateFetchDeps, "metrics"> {
  readonly meter: Meter;
  readonly exchange: Pick<PrivateExchange, "ask" | "membersOf" | "isOwn">;
  readonly ledger: {
    absentPrivateSets(
      block: Block,
      codes: readonly TxValidationCode[],
    ): readonly AnnouncedPrivateSet[];
  };
  /** Where the commit looks for private sets. */
  readonly transient: {
    persist(txId: string, height: number, privateSet: Uint8Array): Promise<void>;
    purgeBelow(height: number): Promise<void>;
  };
}

export class PrivateGatherer {
  readonly #deps: PrivateGathererDeps & PrivateFetchDeps;
  readonly #channelId: string;
  readonly #timeoutMs: number;

  constructor(
    deps: PrivateGathererDeps,
    options: { readonly channelId: string; readonly timeoutMs?: number },
  ) {
    this.#deps = { ...deps, metrics: privateMetrics(deps.meter) };
    this.#channelId = options.channelId;
    this.#timeoutMs = options.timeoutMs ?? PRIVATE_GATHER_TIMEOUT_MS;
  }

  /**
   * Fetches what this peer may hold and lacks, for as long as somebody is left who may have it, at most `timeoutMs`. Rejects only
   * when the store fails. Whose the collections are may be for a block to say that is being written: `earlierCommitted` waits
   * for it.
   */
  async gather(
    block: Block,
    codes: readonly TxValidationCode[],
    earlierCommitted: () => Promise<void>,
  ): Promise<void> {
    const number = block.header?.number ?? 0;
    const wanted = await this.#listWanted(block, codes, earlierCommitted);
    if (wanted.length > 0) await this.#fetch(number, wanted);
    await this.#purge(number);
  }

  async #listWanted(
    block: Block,
    codes: readonly TxValidationCode[],
    earlierCommitted: () => Promise<void>,
  ): Promise<readonly AnnouncedPrivateSet[]> {
    const { ledger, exchange, clock, metrics } = this.#deps;
    const startMs = clock.monotonicMs();
    const absent = ledger.absentPrivateSets(block, codes);
    metrics.privateListMissing.observe((clock.monotonicMs() - startMs) / 1_000, this.#labels);
    if (absent.length === 0) return [];
    await earlierCommitted();
    return absent.filter((set) => exchange.isOwn(this.#channelId, set));
  }

  async #fetch(number: number, wanted: readonly AnnouncedPrivateSet[]): Promise<void> {
    const { clock, metrics, transient, logger } = this.#deps;
    const startMs = clock.monotonicMs();
    const fetched = await fetchPrivateSets(this.#deps, this.#channelId, wanted, this.#timeoutMs);
    metrics.privateFetch.observe((clock.monotonicMs() - startMs) / 1_000, this.#labels);
    const byTransaction = new Map<string, PlacedSet[]>();
    for (const { announced, bytes } of fetched) {
      const sets = byTransaction.get(announced.txId) ?? [];
      byTransaction.set(announced.txId, [...sets, { ...announced, bytes }]);
    }
    for (const [txId, sets] of byTransaction) {
      await transient.persist(txId, number, transientSetOf(sets));
    }
    if (fetched.length < wanted.length) {
      logger.warn("a block is committed without private data that nobody in reach has", {
        block: number,
        missing: wanted.length - fetched.length,
      });
    }
  }

  async #purge(number: number): Promise<void> {
    if (number === 0 || number % TRANSIENT_RETENTION_BLOCKS !== 0) return;
    const { clock, metrics, transient } = this.#deps;
    const startMs = clock.monotonicMs();
    await transient.purgeBelow(number - TRANSIENT_RETENTION_BLOCKS);
    metrics.privatePurge.observe((clock.monotonicMs() - startMs) / 1_000, this.#labels);
  }

  get #labels(): { readonly channel: string } {
    return { channel: this.#channelId };
  }
}

interface PlacedSet {
  readonly namespace: string;
  readonly collection: string;
  readonly bytes: Uint8Array;
}

/** Sets of one transaction in the form in which they wait for it. */
export function transientSetOf(sets: readonly PlacedSet[]): Uint8Array {
  return encode(TxPvtReadWriteSet, {
    dataModel: TxReadWriteSet_DataModel.KV,
    nsPvtRwset: sets.map(({ namespace, collection, bytes }) => ({
      namespace,
      collectionPvtRwset: [{ collectionName: collection, rwset: bytes }],
    })),
  });
}
