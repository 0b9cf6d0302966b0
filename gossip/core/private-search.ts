import type { PeerId } from "./claims.ts";
import { PRIVATE_DIGESTS_MAX, PRIVATE_TRIES_MAX } from "./limits.ts";

/** A private set that is looked for, and who may have it, the likeliest first. */
export interface WantedSet {
  readonly id: string;
  readonly sources: readonly PeerId[];
}

/** What is to be asked of one peer. */
export interface PrivateQuestion {
  readonly to: PeerId;
  /** At most `PRIVATE_DIGESTS_MAX`. */
  readonly ids: readonly string[];
}

interface Search {
  /** Who may still have it; the first is asked next. */
  readonly sources: PeerId[];
  isAsked: boolean;
}

/**
 * Looks for private sets at the peers that may have them: each set is asked of one peer at a time, of the next when that one has
 * it not, or not as the block announces it. A peer that does not answer is tried once more at the end. A set is given up
 * when nobody is left: waiting longer would bring nothing that a later reconciliation does not.
 */
export class PrivateSearch {
  readonly #searches: Map<string, Search>;
  readonly #silences = new Map<PeerId, number>();

  constructor(wanted: readonly WantedSet[]) {
    this.#searches = new Map(
      wanted.map(({ id, sources }) => [id, { sources: [...new Set(sources)], isAsked: false }]),
    );
  }

  /** Whether nothing is left to ask and nothing is being asked. */
  get isOver(): boolean {
    return [...this.#searches.values()].every(
      ({ sources, isAsked }) => sources.length === 0 && !isAsked,
    );
  }

  /** What to ask now, one question a peer; each is to be answered with `answered` or `silent`. */
  takeQuestions(): readonly PrivateQuestion[] {
    const byPeer = new Map<PeerId, string[]>();
    for (const [id, search] of this.#searches) {
      const [to] = search.sources;
      if (to === undefined || search.isAsked) continue;
      const ids = byPeer.get(to) ?? [];
      if (ids.length >= PRIVATE_DIGESTS_MAX) continue;
      byPeer.set(to, [...ids, id]);
      search.isAsked = true;
    }
    return [...byPeer].map(([to, ids]) => ({ to, ids }));
  }

  /** A question was answered; `found` are the sets that came and are genuine. */
  answered({ to, ids }: PrivateQuestion, found: ReadonlySet<string>): void {
    this.#silences.delete(to);
    for (const id of ids) {
      if (found.has(id)) this.#searches.delete(id);
      else this.#strike(id, to);
    }
  }

  /** A question was not answered in time. */
  silent({ to, ids }: PrivateQuestion): void {
    const count = (this.#silences.get(to) ?? 0) + 1;
    this.#silences.set(to, count);
    for (const id of ids) {
      const search = this.#strike(id, to);
      if (count < PRIVATE_TRIES_MAX) search?.sources.push(to);
    }
  }

  #strike(id: string, peer: PeerId): Search | undefined {
    const search = this.#searches.get(id);
    if (search === undefined) return undefined;
    search.isAsked = false;
    const index = search.sources.indexOf(peer);
    if (index >= 0) search.sources.splice(index, 1);
    return search;
  }
}
