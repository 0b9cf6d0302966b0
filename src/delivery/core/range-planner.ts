/**
 * Who is asked for which blocks while a ledger is far behind: ranges in ascending order, at several sources at once, no
 * further ahead than there is room for; what one source fails to bring is asked of another.
 */
import { assert } from "../../kernel/assert.ts";
import {
  CATCH_UP_RANGES_PER_SOURCE_MAX,
  CATCH_UP_RANGE_BLOCKS,
  CATCH_UP_REQUESTS_MIN,
  CATCH_UP_STRIKES_MAX,
} from "../limits.ts";

/** Blocks `first` to `last`, both included. */
export interface BlockRange {
  readonly first: number;
  readonly last: number;
}

/** A range that a source is to be asked for. */
export interface PlannedRange extends BlockRange {
  readonly source: string;
}

interface SourceState {
  height: number;
  strikes: number;
  inFlightCount: number;
  isOut: boolean;
}

/**
 * Every number from `#next` to below `#frontier` is in exactly one place: in a range in flight, returned (to be asked
 * for again), or with the caller.
 */
export class RangePlanner {
  readonly #sources = new Map<string, SourceState>();
  #next: number;
  #frontier: number;
  /** Ascending, without overlap. */
  #returned: readonly BlockRange[] = [];

  /** `next`: the number of the first block that is missing. */
  constructor(next: number) {
    this.#next = next;
    this.#frontier = next;
  }

  /** The first block that has not been handed over. */
  get next(): number {
    return this.#next;
  }

  /** Blocks that the sources which are still asked have, at most. */
  get target(): number {
    const heights = [...this.#sources.values()].filter(({ isOut }) => !isOut);
    return Math.max(this.#next, ...heights.map(({ height }) => height));
  }

  /** Whether nothing is under way and nobody is left who has more. */
  get isOver(): boolean {
    const isIdle = [...this.#sources.values()].every(({ inFlightCount }) => inFlightCount === 0);
    return isIdle && this.target <= this.#next;
  }

  /** A source has blocks below `height`. One that was given up stays so. */
  offer(source: string, height: number): void {
    const known = this.#sources.get(source);
    if (known === undefined) {
      this.#sources.set(source, { height, strikes: 0, inFlightCount: 0, isOut: false });
    } else {
      known.height = height;
    }
  }

  /** The ranges to ask for now; `window`: how many blocks from `next` on there is room for. */
  plan(window: number): readonly PlannedRange[] {
    const planned: PlannedRange[] = [];
    for (let range = this.#open(window); range !== undefined; range = this.#open(window)) {
      const source = this.#sourceFor(range.first);
      if (source === undefined) break;
      const [name, state] = source;
      const last = Math.min(range.last, state.height - 1);
      this.#take({ first: range.first, last });
      state.inFlightCount += 1;
      planned.push({ source: name, first: range.first, last });
    }
    return planned;
  }

  /** The source brought the whole range. */
  completed({ source }: PlannedRange): void {
    const state = this.#inFlight(source);
    state.inFlightCount -= 1;
    state.strikes = 0;
  }

  /** The source brought no more than the blocks below `from`. After some failures in a row it is given up. */
  failed({ source, last }: PlannedRange, from: number): void {
    const state = this.#inFlight(source);
    state.inFlightCount -= 1;
    state.strikes += 1;
    if (state.strikes >= CATCH_UP_STRIKES_MAX) state.isOut = true;
    if (from <= last) this.reopen({ first: from, last });
  }

  /** Gives a source up: it brought a block that is not to be believed. */
  banish(source: string): void {
    const state = this.#sources.get(source);
    if (state !== undefined) state.isOut = true;
  }

  /** Blocks that the caller had and does not want are to be asked for again. */
  reopen(range: BlockRange): void {
    this.#returned = [...this.#returned, range].sort((a, b) => a.first - b.first);
  }

  /** The block `next` is where it belongs. */
  handedOver(): void {
    this.#next += 1;
    assert(this.#next <= this.#frontier, "a block is asked for before it is handed over");
  }

  #inFlight(source: string): SourceState {
    const state = this.#sources.get(source);
    assert(state !== undefined && state.inFlightCount > 0, "a range is settled once");
    return state;
  }

  /**
   * The lowest blocks that nobody has been asked for and that there is room for. A full window opens block by block: a
   * request waits until it is worth its cost, unless there are no more blocks to ask for.
   */
  #open(window: number): BlockRange | undefined {
    const [returned] = this.#returned;
    const first = returned?.first ?? this.#frontier;
    const end = Math.min(first + CATCH_UP_RANGE_BLOCKS, (returned?.last ?? this.target - 1) + 1);
    const last = Math.min(end, this.#next + window, this.target) - 1;
    const worthwhile = Math.min(end - first, Math.floor(window / CATCH_UP_REQUESTS_MIN));
    return last < first || last - first + 1 < worthwhile ? undefined : { first, last };
  }

  #take({ first, last }: BlockRange): void {
    const [returned, ...others] = this.#returned;
    if (returned === undefined) {
      this.#frontier = last + 1;
      return;
    }
    assert(returned.first === first, "the lowest range is taken first");
    const rest = { first: last + 1, last: returned.last };
    this.#returned = rest.first > rest.last ? others : [rest, ...others];
  }

  /** Of those that have the block, the one with least to do; among equals the one that failed least. */
  #sourceFor(number: number): readonly [string, SourceState] | undefined {
    let best: readonly [string, SourceState] | undefined;
    for (const entry of this.#sources) {
      const [, { height, isOut, inFlightCount }] = entry;
      if (isOut || height <= number || inFlightCount >= CATCH_UP_RANGES_PER_SOURCE_MAX) continue;
      if (best === undefined || load(entry[1]) < load(best[1])) best = entry;
    }
    return best;
  }
}

function load({ inFlightCount, strikes }: SourceState): number {
  return inFlightCount + strikes;
}
