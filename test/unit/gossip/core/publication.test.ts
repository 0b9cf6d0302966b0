import { expect, test } from "vitest";
import { HEIGHT_NEWS_INTERVAL_MS, STATE_RENEWAL_TURNS } from "../../../../gossip/core/limits.ts";
import { Publication } from "../../../../gossip/core/publication.ts";

function publication(): Publication {
  return new Publication({ stateInfoDebounceMs: 50, stateInfoIntervalMs: 1_000 }, 7n, 0);
}

test("the first state is published at once", () => {
  expect(publication().due(0, 0)).toEqual({ time: { incarnation: 7n, sequence: 1n } });
});

test("a height is published at once after a quiet time, and together with later ones in a busy one", () => {
  const one = publication();
  one.due(0, 0);
  one.changed(false);
  expect(one.due(HEIGHT_NEWS_INTERVAL_MS, 0)).toMatchObject({ time: { sequence: 2n } });
  const busyMs = HEIGHT_NEWS_INTERVAL_MS + 10;
  one.changed(false);
  expect(one.due(busyMs, 0)).toEqual({
    waitMs: HEIGHT_NEWS_INTERVAL_MS - 10,
    isFirstAsked: true,
  });
  one.changed(false);
  expect(one.due(busyMs, 0)).toMatchObject({ isFirstAsked: false });
  expect(one.due(2 * HEIGHT_NEWS_INTERVAL_MS, 0)).toMatchObject({ time: { sequence: 3n } });
  expect(one.isDirty).toBe(false);
});

test("what is more than a height is published as soon as the debounce time allows", () => {
  const one = publication();
  one.due(0, 0);
  one.changed(true);
  expect(one.due(10, 0)).toEqual({ waitMs: 40, isFirstAsked: true });
  expect(one.due(50, 0)).toMatchObject({ time: { sequence: 2n } });
});

test("a later run publishes at once, above what was published before, and takes no signature of that", () => {
  const one = publication();
  one.due(0, 0);
  one.rise(9n);
  expect(one.isNewest({ incarnation: 7n, sequence: 1n })).toBe(false);
  expect(one.due(50, 10_000)).toEqual({ time: { incarnation: 9n, sequence: 1n } });
  expect(one.isNewest({ incarnation: 7n, sequence: 1n })).toBe(false);
  expect(one.isNewest({ incarnation: 9n, sequence: 1n })).toBe(true);
});

test("an unchanged state is published again once in some intervals", () => {
  const one = publication();
  one.due(0, 0);
  const againMs = STATE_RENEWAL_TURNS * 1_000;
  expect(one.due(againMs - 1, 0)).toEqual({ waitMs: 1, isFirstAsked: false });
  expect(one.due(againMs, 0)).toMatchObject({ time: { sequence: 2n } });
});

test("among many members a height waits for its turn, and what is more does not", () => {
  const one = publication();
  one.due(0, 5_000);
  one.changed(false);
  expect(one.due(100, 5_000)).toEqual({ waitMs: 4_900, isFirstAsked: true });
  one.changed(true);
  expect(one.due(100, 5_000)).toMatchObject({ time: { sequence: 2n } });
  expect(one.due(2_000, 1_000)).toEqual({ waitMs: 3_100, isFirstAsked: false });
});

test("what is more than a height wakes up earlier than a height that waits already", () => {
  const one = publication();
  one.due(0, 5_000);
  one.changed(false);
  expect(one.due(10, 5_000)).toEqual({ waitMs: 4_990, isFirstAsked: true });
  one.changed(true);
  expect(one.due(10, 5_000)).toEqual({ waitMs: 40, isFirstAsked: true });
  expect(one.due(20, 5_000)).toEqual({ waitMs: 30, isFirstAsked: false });
});
