import { sha256 } from "../../../src/crypto/index.ts";
import { compareUtf8 } from "../../../src/kernel/bytes.ts";
import type { StateAccess, StateIterator } from "../../../src/chaincode/index.ts";

/**
 * State in memory with a ledger's rule for transactions: writes are not read back before `commit`.
 * Counts what it hands out, so that tests see reads ahead and iterators left open.
 */
export class MemoryState implements StateAccess {
  readonly committed: Map<string, Uint8Array> = new Map();
  readonly writes: Map<string, Uint8Array | undefined> = new Map();
  readonly reads: Set<string> = new Set();
  rowsRead = 0;
  openIterators = 0;

  getState(namespace: string, key: string): Uint8Array | undefined {
    return this.#read(publicKey(namespace, key));
  }

  putState(namespace: string, key: string, value: Uint8Array): void {
    this.writes.set(publicKey(namespace, key), value.length === 0 ? undefined : value);
  }

  deleteState(namespace: string, key: string): void {
    this.writes.set(publicKey(namespace, key), undefined);
  }

  range(namespace: string, start: string, end: string): StateIterator {
    const prefix = publicKey(namespace, "");
    const keys = [...this.committed.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .filter((key) => compareUtf8(key, start) >= 0 && (end === "" || compareUtf8(key, end) < 0))
      .sort(compareUtf8);
    return this.#iterate(prefix, keys);
  }

  getPrivateData(namespace: string, collection: string, key: string): Uint8Array | undefined {
    return this.#read(privateKey(namespace, collection, key));
  }

  putPrivateData(namespace: string, collection: string, key: string, value: Uint8Array): void {
    this.writes.set(privateKey(namespace, collection, key), value);
  }

  deletePrivateData(namespace: string, collection: string, key: string): void {
    this.writes.set(privateKey(namespace, collection, key), undefined);
  }

  getPrivateDataHash(namespace: string, collection: string, key: string): Uint8Array | undefined {
    const value = this.#read(privateKey(namespace, collection, key));
    return value === undefined ? undefined : sha256(value);
  }

  /** Applies the writes, as a block would. */
  commit(): void {
    for (const [key, value] of this.writes) {
      if (value === undefined) this.committed.delete(key);
      else this.committed.set(key, value);
    }
    this.writes.clear();
    this.reads.clear();
  }

  /** Forgets the writes, as a failed endorsement does. */
  discard(): void {
    this.writes.clear();
  }

  #read(key: string): Uint8Array | undefined {
    this.reads.add(key);
    return this.committed.get(key);
  }

  #iterate(prefix: string, keys: readonly string[]): StateIterator {
    let index = 0;
    let isOpen = true;
    this.openIterators += 1;
    return {
      next: () => {
        const key = keys[index];
        if (key === undefined) return undefined;
        index += 1;
        this.rowsRead += 1;
        return { key, value: this.committed.get(prefix + key) ?? new Uint8Array(0) };
      },
      close: () => {
        if (isOpen) this.openIterators -= 1;
        isOpen = false;
      },
    };
  }
}

export function publicKey(namespace: string, key: string): string {
  return `${namespace}|${key}`;
}

export function privateKey(namespace: string, collection: string, key: string): string {
  return `${namespace}|${collection}|${key}`;
}
