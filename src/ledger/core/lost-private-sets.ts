import { LOST_COLLECTIONS_NAMED_MAX } from "../limits.ts";
import type { WrittenCollection } from "./private-updates.ts";

/** Tallies the private write sets that were not at hand when blocks were applied again. */
export class LostPrivateSets {
  readonly #collections = new Set<string>();
  #count = 0;

  /** Number of sets. */
  get count(): number {
    return this.#count;
  }

  /** `namespace/collection` of the first `LOST_COLLECTIONS_NAMED_MAX` of them that differ. */
  get collections(): readonly string[] {
    return [...this.#collections];
  }

  /** Takes what one block wrote. */
  add(written: readonly WrittenCollection[]): void {
    for (const { namespace, collection, set } of written) {
      if (set !== undefined) continue;
      this.#count += 1;
      if (this.#collections.size < LOST_COLLECTIONS_NAMED_MAX) {
        this.#collections.add(`${namespace}/${collection}`);
      }
    }
  }
}
