import { expect, test } from "vitest";
import { Publication } from "../../../../gossip/core/publication.ts";

function publication(): Publication {
  return new Publication({ stateInfoDebounceMs: 50, stateInfoIntervalMs: 1_000 }, 7n, 0);
}

test("the first state is published at once", () => {
  expect(publication().due(0)).toEqual({ time: { incarnation: 7n, sequence: 1n } });
});

test("a change is published at once after a quiet time, and together with others in a busy one", () => {
  const one = publication();
  one.due(0);
  one.changed();
  expect(one.due(60)).toMatchObject({ time: { sequence: 2n } });
  one.changed();
  expect(one.due(70)).toEqual({ waitMs: 40, isFirstAsked: true });
  one.changed();
  expect(one.due(80)).toEqual({ waitMs: 30, isFirstAsked: false });
  expect(one.due(110)).toMatchObject({ time: { sequence: 3n } });
  expect(one.isDirty).toBe(false);
});

test("an unchanged state is published again once an interval", () => {
  const one = publication();
  one.due(0);
  expect(one.due(999)).toEqual({ waitMs: 1, isFirstAsked: false });
  expect(one.due(1_000)).toMatchObject({ time: { sequence: 2n } });
});
