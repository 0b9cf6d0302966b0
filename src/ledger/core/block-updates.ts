import { compareUtf8, fromHex, toHex } from "../../kernel/bytes.ts";
import { assert } from "../../kernel/assert.ts";
import type { StateVersion } from "./version.ts";

/** The last word of a block on one key. */
export interface Update {
  readonly version: StateVersion;
  /** Undefined: the key is deleted. */
  readonly value: Uint8Array | undefined;
  readonly metadata: Uint8Array;
}

export interface PublicUpdate {
  readonly key: string;
  readonly update: Update;
}

export interface HashedUpdate {
  readonly keyHash: Uint8Array;
  readonly update: Update;
}

/** The writes of a block's valid transactions so far, the latest one for each key. */
export class BlockUpdates {
  readonly #public = new Map<string, Map<string, Update>>();
  /** By namespace, collection, and the key's hash in hexadecimal: its text order is the bytes' order. */
  readonly #hashed = new Map<string, Map<string, Map<string, Update>>>();

  publicUpdate(namespace: string, key: string): Update | undefined {
    return this.#public.get(namespace)?.get(key);
  }

  setPublic(namespace: string, key: string, update: Update): void {
    inner(this.#public, namespace).set(key, update);
  }

  hashedUpdate(namespace: string, collection: string, keyHash: Uint8Array): Update | undefined {
    return this.#hashed.get(namespace)?.get(collection)?.get(toHex(keyHash));
  }

  setHashed(namespace: string, collection: string, keyHash: Uint8Array, update: Update): void {
    inner(inner(this.#hashed, namespace), collection).set(toHex(keyHash), update);
  }

  /** Namespaces with any update, in byte order. */
  namespaces(): readonly string[] {
    return [...new Set([...this.#public.keys(), ...this.#hashed.keys()])].sort(compareUtf8);
  }

  /** A namespace's public updates in byte order of keys, from `start` on and below `end`; an empty `end` is open. */
  publicUpdates(namespace: string, start = "", end = ""): readonly PublicUpdate[] {
    const updates: PublicUpdate[] = [];
    for (const [key, update] of this.#public.get(namespace) ?? []) {
      if (compareUtf8(key, start) < 0) continue;
      if (end !== "" && compareUtf8(key, end) >= 0) continue;
      updates.push({ key, update });
    }
    return updates.sort((a, b) => compareUtf8(a.key, b.key));
  }

  /** A namespace's collections with any update, in byte order. */
  collections(namespace: string): readonly string[] {
    return [...(this.#hashed.get(namespace)?.keys() ?? [])].sort(compareUtf8);
  }

  /** A collection's updates in byte order of key hashes. */
  hashedUpdates(namespace: string, collection: string): readonly HashedUpdate[] {
    const updates = this.#hashed.get(namespace)?.get(collection) ?? [];
    return [...updates]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([text, update]) => {
        const keyHash = fromHex(text);
        assert(keyHash, "key hashes are kept in hexadecimal");
        return { keyHash, update };
      });
  }
}

function inner<V>(maps: Map<string, Map<string, V>>, name: string): Map<string, V> {
  const known = maps.get(name);
  if (known !== undefined) return known;
  const made = new Map<string, V>();
  maps.set(name, made);
  return made;
}
