import { assignPeers, type Layout } from "../discovery/index.ts";
import { assert } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
import type { Timer, Timers } from "../kernel/ports/timers.ts";
import type { Endorsement, ProposalResponse } from "../wire/index.ts";
import type { Candidate } from "./core/candidates.ts";
import type { ReplyVerdict } from "./core/endorser-reply.ts";
import type { NodeFailure } from "./core/error-detail.ts";

/** What the endorsers agree on, with their signatures; or why there are too few. */
export type Collection =
  | {
      readonly ok: true;
      readonly payload: Uint8Array;
      readonly endorsements: readonly Endorsement[];
    }
  | { readonly ok: false; readonly failures: readonly NodeFailure[] };

type Standing =
  | { readonly kind: "untried" }
  /** Slow: it keeps its chance, and others are preferred. `news`: it answered, or has become slow. */
  | { readonly kind: "asked" | "slow"; readonly news: Promise<void> }
  | { readonly kind: "endorsed"; readonly endorsement: Endorsement }
  | { readonly kind: "failed" };

const UNTRIED: Standing = { kind: "untried" };
const FAILED: Standing = { kind: "failed" };

/**
 * Collects the endorsements of one layout: the first, unless peers fail until it cannot be had any more; then the next.
 * Peers of a layout are asked side by side, and a failed one is replaced at once. One that is silent for `patienceMs` may be
 * frozen or cut off: another is asked beside it where there is one. All must sign the same payload.
 */
export class EndorsementCollector {
  readonly #propose: (candidate: Candidate) => Promise<ReplyVerdict>;
  readonly #timers: Timers;
  readonly #patienceMs: number;
  readonly #standings = new Map<Candidate, Standing>();
  readonly #failures: NodeFailure[] = [];
  #layouts: readonly Layout<Candidate>[];
  #payload: Uint8Array | undefined;

  /** Groups list their peers by preference. `propose` must not reject. */
  constructor(
    layouts: readonly Layout<Candidate>[],
    propose: (candidate: Candidate) => Promise<ReplyVerdict>,
    { timers, patienceMs }: { readonly timers: Timers; readonly patienceMs: number },
  ) {
    this.#layouts = layouts;
    this.#propose = propose;
    this.#timers = timers;
    this.#patienceMs = patienceMs;
  }

  /** Counts an endorsement that is already there. Of no use, and ignored, for a peer that no layout has. */
  credit(candidate: Candidate, response: ProposalResponse): void {
    const isUseful = this.#layouts.some((layout) =>
      layout.some(({ peers }) => peers.includes(candidate)),
    );
    if (isUseful) this.#take(candidate, response);
  }

  async collect(): Promise<Collection> {
    for (;;) {
      const chosen = this.#choose();
      if (chosen === undefined) return { ok: false, failures: this.#failures };
      const endorsements = chosen.flatMap((candidate) => {
        const standing = this.#standing(candidate);
        return standing.kind === "endorsed" ? [standing.endorsement] : [];
      });
      if (endorsements.length === chosen.length) {
        assert(this.#payload, "whoever has endorsed has sent a payload");
        return { ok: true, payload: this.#payload, endorsements };
      }
      for (const candidate of chosen) {
        if (this.#standing(candidate).kind === "untried") this.#ask(candidate);
      }
      await Promise.race(this.#news());
    }
  }

  // Every layout that is dropped stays impossible, since peers only ever fail.
  #choose(): readonly Candidate[] | undefined {
    for (;;) {
      const [layout] = this.#layouts;
      if (layout === undefined) return undefined;
      const chosen = assignPeers(layout, this.#preference(layout));
      if (chosen !== undefined) return chosen;
      this.#layouts = this.#layouts.slice(1);
    }
  }

  #preference(layout: Layout<Candidate>): readonly Candidate[] {
    const all = [...new Set(layout.flatMap(({ peers }) => peers))];
    return (["endorsed", "asked", "untried", "slow"] as const).flatMap((kind) =>
      all.filter((candidate) => this.#standing(candidate).kind === kind),
    );
  }

  // One that is slow may answer after all, whoever is chosen by then.
  #news(): readonly Promise<void>[] {
    return [...this.#standings.values()].flatMap((standing) =>
      standing.kind === "asked" || standing.kind === "slow" ? [standing.news] : [],
    );
  }

  #ask(candidate: Candidate): void {
    let timer: Timer | undefined;
    const answered = this.#settle(candidate).finally(() => timer?.cancel());
    const late = new Promise<void>((resolve) => {
      timer = this.#timers.after(this.#patienceMs, () => {
        this.#standings.set(candidate, { kind: "slow", news: answered });
        resolve();
      });
    });
    this.#standings.set(candidate, { kind: "asked", news: Promise.race([answered, late]) });
  }

  async #settle(candidate: Candidate): Promise<void> {
    const verdict = await this.#propose(candidate);
    if (verdict.ok) this.#take(candidate, verdict.response);
    else this.#fail(candidate, verdict.message);
  }

  #take(candidate: Candidate, { payload, endorsement }: ProposalResponse): void {
    if (endorsement === undefined) {
      this.#fail(candidate, "the proposal response carries no endorsement");
      return;
    }
    this.#payload ??= payload;
    if (equalBytes(this.#payload, payload)) {
      this.#standings.set(candidate, { kind: "endorsed", endorsement });
    } else {
      this.#fail(candidate, "ProposalResponsePayloads do not match");
    }
  }

  #fail(candidate: Candidate, message: string): void {
    const { address, mspId } = candidate;
    this.#standings.set(candidate, FAILED);
    this.#failures.push({ address, mspId, message });
  }

  #standing(candidate: Candidate): Standing {
    return this.#standings.get(candidate) ?? UNTRIED;
  }
}
