import { assignPeers, type Layout } from "../discovery/index.ts";
import { assert } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
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
  | { readonly kind: "asked"; readonly answered: Promise<void> }
  | { readonly kind: "endorsed"; readonly endorsement: Endorsement }
  | { readonly kind: "failed" };

const UNTRIED: Standing = { kind: "untried" };
const FAILED: Standing = { kind: "failed" };

/**
 * Collects the endorsements of one layout: the first, unless peers fail until it cannot be had any more; then the next.
 * Peers of a layout are asked side by side, and a failed one is replaced at once. All must sign the same payload.
 */
export class EndorsementCollector {
  readonly #propose: (candidate: Candidate) => Promise<ReplyVerdict>;
  readonly #standings = new Map<Candidate, Standing>();
  readonly #failures: NodeFailure[] = [];
  #layouts: readonly Layout<Candidate>[];
  #payload: Uint8Array | undefined;

  /** Groups list their peers by preference. `propose` must not reject. */
  constructor(
    layouts: readonly Layout<Candidate>[],
    propose: (candidate: Candidate) => Promise<ReplyVerdict>,
  ) {
    this.#layouts = layouts;
    this.#propose = propose;
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
      await Promise.race(chosen.flatMap((candidate) => this.#asked(candidate)));
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
    return (["endorsed", "asked", "untried"] as const).flatMap((kind) =>
      all.filter((candidate) => this.#standing(candidate).kind === kind),
    );
  }

  #asked(candidate: Candidate): readonly Promise<void>[] {
    const standing = this.#standing(candidate);
    switch (standing.kind) {
      case "untried": {
        const answered = this.#ask(candidate);
        this.#standings.set(candidate, { kind: "asked", answered });
        return [answered];
      }
      case "asked":
        return [standing.answered];
      case "endorsed":
      case "failed":
        return [];
    }
  }

  async #ask(candidate: Candidate): Promise<void> {
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
