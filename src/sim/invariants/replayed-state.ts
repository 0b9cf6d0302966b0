import { compareUtf8, equalBytes } from "../../kernel/bytes.ts";
import type { KVRead, KVWrite } from "../../wire/index.ts";

/** What one transaction left at a key. */
interface Written {
  readonly block: number;
  readonly transaction: number;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
}

/** The state of every key after every block: a list of what was written to it, oldest first. */
export class ReplayedState {
  readonly #keys = new Map<string, Map<string, Written[]>>();

  /** Whether what was read is what is there now. Fabric: an absent key is read without a version. */
  isCurrent(namespace: string, { key, version }: KVRead): boolean {
    const last = this.#keys.get(namespace)?.get(key)?.at(-1);
    if (last?.value === undefined) return version === undefined;
    return version?.blockNum === last.block && version.txNum === last.transaction;
  }

  write(
    namespace: string,
    { key, isDelete, value }: KVWrite,
    at: { block: number; transaction: number },
  ): void {
    let keys = this.#keys.get(namespace);
    if (keys === undefined) this.#keys.set(namespace, (keys = new Map<string, Written[]>()));
    let writes = keys.get(key);
    if (writes === undefined) keys.set(key, (writes = []));
    // Fabric: writing nothing deletes.
    writes.push({ ...at, value: isDelete || value.length === 0 ? undefined : value });
  }

  /** Keys that are there now, from `start` on and below `end`, in byte order. */
  keysBetween(namespace: string, start: string, end: string): readonly string[] {
    const keys = [...(this.#keys.get(namespace) ?? [])].flatMap(([key, writes]) =>
      writes.at(-1)?.value !== undefined &&
      compareUtf8(key, start) >= 0 &&
      (end === "" || compareUtf8(key, end) < 0)
        ? [key]
        : [],
    );
    return keys.sort(compareUtf8);
  }

  /** What the key holds after `block`; undefined where it is absent. */
  valueAfter(block: number, namespace: string, key: string): Uint8Array | undefined {
    return this.#keys
      .get(namespace)
      ?.get(key)
      ?.findLast((written) => written.block <= block)?.value;
  }

  namespaces(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Of a namespace after `block`, in the order in which they were first written. */
  *entriesAfter(
    block: number,
    namespace: string,
  ): Iterable<{ readonly key: string; readonly value: Uint8Array }> {
    for (const key of this.#keys.get(namespace)?.keys() ?? []) {
      const value = this.valueAfter(block, namespace, key);
      if (value !== undefined) yield { key, value };
    }
  }
}

/** Whether two values, each of which may be absent, are the same. */
export function isSameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
