import { Status, type SeekInfo, type SeekPosition } from "../../wire/index.ts";

/**
 * Which blocks a request asks for: from `first` on, until a block numbered `last` has been sent.
 * A `last` below `first` is never met; such a request has no end.
 */
export interface SeekRange {
  readonly first: number;
  readonly last: number;
}

/** The answer of `seekRange`. */
export type SeekRangeAnswer =
  | { readonly kind: "range"; readonly range: SeekRange }
  | { readonly kind: "refused"; readonly status: Status; readonly reason: string };

type Position = NonNullable<SeekPosition["type"]>;

/** Resolves the positions of a request on a ledger of `height` blocks. Fabric: `blockledger.Iterator`, `deliverBlocks`. */
export function seekRange(seek: SeekInfo, height: number): SeekRangeAnswer {
  if (seek.start === undefined || seek.stop === undefined) {
    return refused(Status.BAD_REQUEST, "start or stop is missing");
  }
  const start = seek.start.type;
  if (start === undefined) return refused(Status.NOT_FOUND, "start names no position");
  const first = firstBlock(start, height);
  if (first > height) {
    return refused(Status.NOT_FOUND, `start ${first} is beyond the ledger's height ${height}`);
  }
  const stop = seek.stop.type;
  const last = lastBlock(stop, start, first, height);
  if (stop?.$case === "specified" && last < first) {
    return refused(Status.BAD_REQUEST, `start ${first} is greater than stop ${last}`);
  }
  return { kind: "range", range: { first, last } };
}

function firstBlock(start: Position, height: number): number {
  switch (start.$case) {
    case "oldest":
      return 0;
    case "newest":
      return Math.max(height - 1, 0);
    case "specified":
      return blockNumber(start.value.number);
    case "nextCommit":
      return height;
  }
}

function lastBlock(
  stop: SeekPosition["type"],
  start: Position,
  first: number,
  height: number,
): number {
  switch (stop?.$case) {
    case "oldest":
      return first;
    case "newest":
      // One block even if the ledger grows meanwhile.
      return start.$case === "newest" ? first : height - 1;
    case "specified":
      return blockNumber(stop.value.number);
    case "nextCommit":
    case undefined:
      return 0;
  }
}

// Clients write "for ever" as 2^64-1 or 2^53-1: both lie beyond every ledger, so the difference is of no account.
function blockNumber(decimal: string): number {
  const value = BigInt(decimal);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

function refused(status: Status, reason: string): SeekRangeAnswer {
  return { kind: "refused", status, reason };
}
