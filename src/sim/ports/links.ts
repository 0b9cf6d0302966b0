/** How messages get from one machine to another, each way by itself. */
import type { Random } from "../../kernel/ports/random.ts";
import type { LinkQuality, NodeName } from "../contracts.ts";

/** A network within a data centre. */
export const LINK_DEFAULT: LinkQuality = {
  delayMs: 1,
  jitterMs: 1,
  loss: 0,
  duplicate: 0,
  reorder: 0,
};

/** TCP sends a segment that was lost again; what came behind it waits. */
const RETRANSMISSION_MS = 200;
const RETRANSMISSIONS_MAX = 6;
/** A stream that overtakes others is ahead by up to so much. */
const REORDER_MS = 50;

export type LinkListener = (from: NodeName, to: NodeName) => void;

export class Links {
  readonly #random: Random;
  readonly #cut = new Set<string>();
  readonly #quality = new Map<string, LinkQuality>();
  readonly #onMend: LinkListener;

  /** `onMend` hears of every way that is open again. */
  constructor(random: Random, onMend: LinkListener) {
    this.#random = random;
    this.#onMend = onMend;
  }

  isCut(from: NodeName, to: NodeName): boolean {
    return this.#cut.has(wayOf(from, to));
  }

  /** Time of one message. Within a machine there is none. */
  delayMs(from: NodeName, to: NodeName): number {
    if (from === to) return 0;
    const quality = this.#quality.get(wayOf(from, to)) ?? LINK_DEFAULT;
    let delayMs = quality.delayMs + this.#upTo(quality.jitterMs);
    for (let again = 0; again < RETRANSMISSIONS_MAX && this.#happens(quality.loss); again += 1) {
      delayMs += RETRANSMISSION_MS * 2 ** again;
    }
    return this.#happens(quality.reorder) ? delayMs + this.#upTo(REORDER_MS) : delayMs;
  }

  cut(from: NodeName, to: NodeName): void {
    this.#cut.add(wayOf(from, to));
  }

  mend(from: NodeName, to: NodeName): void {
    if (this.#cut.delete(wayOf(from, to))) this.#onMend(from, to);
  }

  set(from: NodeName, to: NodeName, quality: LinkQuality): void {
    this.#quality.set(wayOf(from, to), quality);
  }

  heal(): void {
    this.#quality.clear();
    for (const way of [...this.#cut]) {
      const [from = "", to = ""] = way.split(">");
      this.mend(from, to);
    }
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random.below(1_000_000) < share * 1_000_000;
  }

  #upTo(ms: number): number {
    return ms <= 0 ? 0 : (this.#random.below(1_000) / 1_000) * ms;
  }
}

function wayOf(from: NodeName, to: NodeName): string {
  return `${from}>${to}`;
}
