import { sha256 } from "../../crypto/index.ts";
import { assert } from "../../kernel/assert.ts";
import {
  type KVRead,
  QueryReads,
  type QueryReadsMerkleSummary,
  type RangeQueryInfo,
  encode,
} from "../../wire/index.ts";

/**
 * What a range query read, in the form that the read-write set records: the rows themselves up to `degree` of them,
 * else the top of a Merkle tree over them. Fabric: a node closes with its `degree + 1`-st child.
 *
 * Invariant: between calls no level holds more than `degree` nodes.
 */
export class RangeDigest {
  readonly #degree: number;
  #rows: KVRead[] = [];
  /** Nodes of level `index + 1` that have no parent yet. */
  readonly #levels: Uint8Array[][] = [];

  /** `degree` is at least 2. */
  constructor(degree: number) {
    assert(degree >= 2, "a tree with fewer than two children to a node does not end");
    this.#degree = degree;
  }

  /** Highest level that has had a node; 0 while there are only rows. */
  get level(): number {
    return this.#levels.length;
  }

  /** Nodes at the highest level. */
  get topCount(): number {
    return this.#levels.at(-1)?.length ?? 0;
  }

  add(row: KVRead): void {
    this.#rows.push(row);
    if (this.#rows.length > this.#degree) this.#closeRows();
  }

  /** The record; `undefined` without any row. To be called once, at the end. */
  finish(): RangeQueryInfo["readsInfo"] {
    if (this.#levels.length === 0) {
      const kvReads = this.#rows;
      return kvReads.length === 0 ? undefined : { $case: "rawReads", value: { kvReads } };
    }
    if (this.#rows.length > 0) this.#closeRows();
    return { $case: "readsMerkleHashes", value: this.#summary() };
  }

  #closeRows(): void {
    const node = sha256(encode(QueryReads, { kvReads: this.#rows }));
    this.#rows = [];
    this.#place(0, node);
  }

  #place(level: number, node: Uint8Array): void {
    const nodes = (this.#levels[level] ??= []);
    nodes.push(node);
    if (nodes.length <= this.#degree) return;
    this.#levels[level] = [];
    this.#place(level + 1, sha256(...nodes));
  }

  // Lifts what is left on the lower levels, lowest first, so that only the highest has nodes.
  #summary(): QueryReadsMerkleSummary {
    const height = this.#levels.length;
    for (let level = 0; level < height - 1; level += 1) {
      const nodes = this.#levels[level] ?? [];
      const [only] = nodes;
      if (only === undefined) continue;
      this.#levels[level] = [];
      const above = (this.#levels[level + 1] ??= []);
      above.push(nodes.length === 1 ? only : sha256(...nodes));
    }
    const top = this.#levels[height - 1] ?? [];
    const isOver = top.length > this.#degree;
    return {
      maxDegree: this.#degree,
      maxLevel: isOver ? height + 1 : height,
      maxLevelHashes: isOver ? [sha256(...top)] : top,
    };
  }
}
