import type { KvReader, KvWrite } from "../kernel/ports/kv-store.ts";
import type { Block, TxValidationCode } from "../wire/index.ts";
import type { BlockLayers } from "./block-layers.ts";
import { verdictsOf } from "./block-verdicts.ts";
import { readTransactions } from "./core/block-reading.ts";
import type { ChannelKeys } from "./core/keys.ts";
import type { LedgerTip } from "./ledger-tip.ts";
import {
  type AnnouncedPrivateSet,
  type PrivateSetPlace,
  absentPrivateSets,
  announcedPrivateSets,
  missingPrivateSets,
} from "./private-gaps.ts";
import {
  type GenuineSet,
  type LatePrivateSet,
  genuineSets,
  reconciliationBatch,
} from "./reconciliation.ts";

/** A collection of a chaincode. */
export interface CollectionPlace {
  readonly namespace: string;
  readonly collection: string;
}

export interface PrivateSetsDeps {
  readonly state: KvReader;
  readonly tip: LedgerTip;
  readonly layers: BlockLayers;
  readonly ledger: { read(number: number): Promise<Block | undefined> };
}

/** The private write sets of a ledger: which it has, which it lacks. */
export class PrivateSets {
  readonly #deps: PrivateSetsDeps;
  readonly #keys: ChannelKeys;

  constructor(deps: PrivateSetsDeps, keys: ChannelKeys) {
    this.#deps = deps;
    this.#keys = keys;
  }

  read(block: number, tx: number, place: CollectionPlace): Uint8Array | undefined {
    const { namespace, collection } = place;
    return this.#deps.state.get(this.#keys.privateSet(block, tx, namespace, collection));
  }

  isMissing(block: number, tx: number, place: CollectionPlace): boolean {
    const { namespace, collection } = place;
    const key = this.#keys.missingPrivateSet(block, tx, namespace, collection);
    return this.#deps.state.get(key) !== undefined;
  }

  absent(block: Block, codes: readonly TxValidationCode[]): readonly AnnouncedPrivateSet[] {
    const number = block.header?.number ?? 0;
    const announced = announcedPrivateSets(
      number,
      readTransactions(block, this.#deps.layers.of(block)),
      codes,
    );
    return absentPrivateSets(announced, this.#deps.tip.state, this.#keys);
  }

  missing(countMax: number, before?: PrivateSetPlace): readonly PrivateSetPlace[] {
    return missingPrivateSets(this.#deps.state, this.#keys, countMax, before);
  }

  async announced(blockNumber: number): Promise<readonly AnnouncedPrivateSet[]> {
    const block = await this.#deps.ledger.read(blockNumber);
    if (block === undefined) return [];
    const codes = verdictsOf(block)?.codes ?? [];
    return announcedPrivateSets(blockNumber, readTransactions(block), codes);
  }

  /** Those that are missing and are what their block announces. */
  genuine(sets: readonly LatePrivateSet[]): Promise<readonly GenuineSet[]> {
    return genuineSets(sets, {
      isPrivateSetMissing: (block, tx, place) => this.isMissing(block, tx, place),
      announcedPrivateSets: (block) => this.announced(block),
    });
  }

  /** What keeping them writes, on top of all that is on its way: a value of which a later block disposes is not current. */
  reconcile(sets: readonly GenuineSet[]): readonly KvWrite[] {
    return this.#deps.tip.change((state) => reconciliationBatch(sets, state, this.#keys));
  }
}
