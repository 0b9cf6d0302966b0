import { errorMessage } from "../../src/kernel/error.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { NumberedBlock } from "../core/index.ts";
import { SERVES_MAX, SERVE_BYTES_MAX, SERVE_QUEUE_MAX } from "./limits.ts";
import type { LedgerView } from "./ports.ts";

export interface ServeOrder {
  readonly numbers: readonly number[];
  readonly deliver: (blocks: readonly NumberedBlock[]) => void;
}

/** Reads blocks for others: a few orders at a time, a bounded number in waiting. */
export class BlockServer {
  readonly #ledger: LedgerView;
  readonly #logger: Logger;
  readonly #channelId: string;
  readonly #waiting: ServeOrder[] = [];
  #activeCount = 0;

  constructor(deps: { readonly ledger: LedgerView; readonly logger: Logger }, channelId: string) {
    this.#ledger = deps.ledger;
    this.#logger = deps.logger;
    this.#channelId = channelId;
  }

  /** False when there is no room for the order. */
  serve(order: ServeOrder): boolean {
    if (this.#waiting.length >= SERVE_QUEUE_MAX) return false;
    this.#waiting.push(order);
    if (this.#activeCount < SERVES_MAX) void this.#work();
    return true;
  }

  async #work(): Promise<void> {
    this.#activeCount += 1;
    for (let order = this.#waiting.shift(); order !== undefined; order = this.#waiting.shift()) {
      try {
        order.deliver(await this.#read(order.numbers));
      } catch (error) {
        this.#logger.warn("cannot read blocks for another peer", { reason: errorMessage(error) });
      }
    }
    this.#activeCount -= 1;
  }

  async #read(numbers: readonly number[]): Promise<readonly NumberedBlock[]> {
    const blocks: NumberedBlock[] = [];
    let size = 0;
    for (const number of numbers) {
      const bytes = await this.#ledger.block(this.#channelId, number);
      if (bytes === undefined) break;
      size += bytes.length;
      if (blocks.length > 0 && size > SERVE_BYTES_MAX) break;
      blocks.push({ number, bytes });
    }
    return blocks;
  }
}
