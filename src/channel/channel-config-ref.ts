import { assert } from "../kernel/assert.ts";
import type { ChannelConfig } from "./channel-config.ts";

/** Called with the new configuration after it has become the current one. Must not throw. */
export type ChannelConfigListener = (config: ChannelConfig) => void;

/** The one place that says which configuration of a channel is in force. Whoever applies config blocks replaces it. */
export class ChannelConfigRef {
  #current: ChannelConfig;
  readonly #listeners = new Set<ChannelConfigListener>();

  constructor(initial: ChannelConfig) {
    this.#current = initial;
  }

  /** The configuration in force. Ask each time; it changes with each config block. */
  current(): ChannelConfig {
    return this.#current;
  }

  /** Puts `next` in force and tells the listeners, in order of subscription. */
  replace(next: ChannelConfig): void {
    assert(next.channelId === this.#current.channelId, "a channel keeps its id for ever");
    this.#current = next;
    for (const listener of [...this.#listeners]) listener(next);
  }

  /** Calls `listener` after each replacement until the returned function is called. */
  subscribe(listener: ChannelConfigListener): () => void {
    const own: ChannelConfigListener = (config) => {
      listener(config);
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }
}
