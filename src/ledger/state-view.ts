import type { KvReader } from "../kernel/ports/kv-store.ts";
import type { CommittedState, StateRow } from "./core/committed-state.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { type StateEntry, decodeStateEntry } from "./core/state-entry.ts";

/** A row with its value. */
export interface StateValueRow extends StateRow {
  readonly value: Uint8Array;
}

/** One channel's state as a reader of the store sees it. */
export class StateView implements CommittedState {
  readonly #reader: KvReader;
  readonly #keys: ChannelKeys;

  constructor(reader: KvReader, keys: ChannelKeys) {
    this.#reader = reader;
    this.#keys = keys;
  }

  publicEntry(namespace: string, key: string): StateEntry | undefined {
    return this.#entry(this.#keys.publicState(namespace, key));
  }

  hashedEntry(namespace: string, collection: string, keyHash: Uint8Array): StateEntry | undefined {
    return this.#entry(this.#keys.hashedState(namespace, collection, keyHash));
  }

  privateEntry(namespace: string, collection: string, key: string): StateEntry | undefined {
    return this.#entry(this.#keys.privateState(namespace, collection, key));
  }

  *publicRows(namespace: string, start: string, end: string): IterableIterator<StateValueRow> {
    for (const row of this.#reader.range(this.#keys.publicRange(namespace, start, end))) {
      const { version, value } = decodeStateEntry(row.value);
      yield { key: this.#keys.publicKeyOf(namespace, row.key), version, value };
    }
  }

  *privateRows(
    namespace: string,
    collection: string,
    start: string,
    end: string,
  ): IterableIterator<StateValueRow> {
    const range = this.#keys.privateRange(namespace, collection, start, end);
    for (const row of this.#reader.range(range)) {
      const { version, value } = decodeStateEntry(row.value);
      yield { key: this.#keys.privateKeyOf(namespace, collection, row.key), version, value };
    }
  }

  #entry(key: Uint8Array): StateEntry | undefined {
    const bytes = this.#reader.get(key);
    return bytes && decodeStateEntry(bytes);
  }
}
