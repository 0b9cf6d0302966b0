/** Shows how far the ledgers of a node are that is being added. */
import type { Level } from "../network/index.ts";
import type { Output } from "./output.ts";
import { paceOf, progressText, type Reading } from "./progress-text.ts";

export class LedgerProgress {
  readonly #output: Output;
  readonly #first = new Map<string, Reading>();

  constructor(output: Output) {
    this.#output = output;
  }

  show(level: Level): void {
    const { channelId, height, target } = level;
    const newest = { height, target, atMs: performance.now() };
    const start = this.#first.get(channelId) ?? newest;
    this.#first.set(channelId, start);
    const pace = paceOf(start, newest);
    this.#output.progress(
      { event: "progress", channelId, height, target, ...pace },
      `${channelId} ${progressText(newest, pace)}`,
    );
  }
}
