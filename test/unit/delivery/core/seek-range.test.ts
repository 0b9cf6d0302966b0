import { describe, expect, test } from "vitest";
import { seekRange } from "../../../../src/delivery/core/seek-range.ts";
import { SeekInfo, Status, create, type SeekPosition } from "../../../../src/wire/index.ts";

const HEIGHT = 10;

function position(text: string): SeekPosition | undefined {
  switch (text) {
    case "absent":
      return undefined;
    case "empty":
      return { type: undefined };
    case "oldest":
    case "newest":
    case "nextCommit":
      return { type: { $case: text, value: {} } };
    default:
      return { type: { $case: "specified", value: { number: text } } };
  }
}

function rangeOf(start: string, stop: string): unknown {
  const seek = create(SeekInfo, {});
  const answer = seekRange({ ...seek, start: position(start), stop: position(stop) }, HEIGHT);
  return answer.kind === "range" ? [answer.range.first, answer.range.last] : answer.status;
}

const LATEST = Number.MAX_SAFE_INTEGER;

describe("the range that a request asks for on a ledger of 10 blocks", () => {
  test.each([
    ["oldest", "oldest", [0, 0]],
    ["oldest", "newest", [0, 9]],
    ["newest", "newest", [9, 9]],
    ["newest", "oldest", [9, 9]],
    ["3", "5", [3, 5]],
    ["3", "newest", [3, 9]],
    ["10", "12", [10, 12]],
    ["3", "18446744073709551615", [3, LATEST]],
    ["3", "9007199254740991", [3, LATEST]],
    ["nextCommit", "18446744073709551615", [10, LATEST]],
    ["oldest", "nextCommit", [0, 0]],
    ["5", "nextCommit", [5, 0]],
    ["5", "empty", [5, 0]],
  ])("from %s to %s is %j", (start, stop, range) => {
    expect(rangeOf(start, stop)).toEqual(range);
  });

  test.each([
    ["absent", "newest", Status.BAD_REQUEST],
    ["newest", "absent", Status.BAD_REQUEST],
    ["empty", "newest", Status.NOT_FOUND],
    ["5", "4", Status.BAD_REQUEST],
    ["newest", "8", Status.BAD_REQUEST],
    ["nextCommit", "9", Status.BAD_REQUEST],
    ["11", "12", Status.NOT_FOUND],
    ["11", "4", Status.NOT_FOUND],
    ["18446744073709551615", "18446744073709551615", Status.NOT_FOUND],
  ])("from %s to %s is refused with %i", (start, stop, status) => {
    expect(rangeOf(start, stop)).toBe(status);
  });
});
