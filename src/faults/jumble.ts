import type { Random } from "../kernel/ports/random.ts";
import type { Timer, Timers } from "../kernel/ports/timers.ts";
import type { IsDatagram } from "./datagrams.ts";
import type { DirectionFaults } from "./fault-settings.ts";
import { OVERTAKEN_MS_MAX } from "./limits.ts";

export interface JumbleDeps<Message> {
  readonly random: Random;
  readonly timers: Timers;
  /** Undefined: nothing comes twice or out of turn. */
  readonly isDatagram: IsDatagram | undefined;
  readonly faults: () => Pick<DirectionFaults, "duplicate" | "reorder">;
  /** Resolves when there is room for another. */
  readonly forward: (message: Message) => Promise<void>;
}

const CHANCE_STEPS = 1_000_000;

/**
 * Repeats messages of one stream and direction, and lets the next one overtake a message. The first, which may open a
 * conversation, and what is no datagram pass once and in their turn.
 *
 * Invariant: at most one message is held, and none of later ones is, so that each is overtaken by one at most.
 */
export class Jumble<Message> {
  readonly #deps: JumbleDeps<Message>;
  #isOpened = false;
  #held: { readonly message: Message; readonly timer: Timer } | undefined;

  constructor(deps: JumbleDeps<Message>) {
    this.#deps = deps;
  }

  /** Resolves when there is room for another. What is passed on is so at once, before this answers. */
  put(message: Message): Promise<void> {
    if (!this.#mayJumble(message)) return this.#pass(message, true);
    const { duplicate, reorder } = this.#deps.faults();
    if (this.#held === undefined && this.#happens(reorder)) {
      this.#hold(message);
      return Promise.resolve();
    }
    const passed = this.#pass(message, false);
    return this.#happens(duplicate) ? both(passed, this.#deps.forward(message)) : passed;
  }

  /** Passes on what is held. */
  flush(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return Promise.resolve();
    this.drop();
    return this.#deps.forward(held.message);
  }

  /** Forgets what is held. */
  drop(): void {
    this.#held?.timer.cancel();
    this.#held = undefined;
  }

  #pass(message: Message, heldFirst: boolean): Promise<void> {
    const { forward } = this.#deps;
    if (this.#held === undefined) return forward(message);
    if (heldFirst) return both(this.flush(), forward(message));
    return both(forward(message), this.flush());
  }

  #mayJumble(message: Message): boolean {
    const isFirst = !this.#isOpened;
    this.#isOpened = true;
    return !isFirst && this.#deps.isDatagram?.(message) === true;
  }

  #hold(message: Message): void {
    const timer = this.#deps.timers.after(OVERTAKEN_MS_MAX, () => {
      // What fails late fails on the call itself, which its owner sees.
      this.flush().catch(() => undefined);
    });
    this.#held = { message, timer };
  }

  #happens(share: number): boolean {
    return share > 0 && this.#deps.random.below(CHANCE_STEPS) < share * CHANCE_STEPS;
  }
}

async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  await Promise.all([first, second]);
}
