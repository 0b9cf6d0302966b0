import type { Block, BlockData } from "../wire/index.ts";
import { type TransactionLayers, layersOf } from "./core/transaction-layers.ts";

/**
 * The transactions of the blocks that a node has in hand, each decoded once on its way from arrival to commit. What is known of
 * a block is forgotten with its data.
 */
export class BlockLayers {
  readonly #known = new WeakMap<BlockData, readonly TransactionLayers[]>();

  /** The same for every block with the same data object, whose content is not changed. */
  of({ data }: Pick<Block, "data">): readonly TransactionLayers[] {
    if (data === undefined) return [];
    const known = this.#known.get(data);
    if (known !== undefined) return known;
    const layers = layersOf({ data });
    this.#known.set(data, layers);
    return layers;
  }
}
