import { expect, test } from "vitest";
import { RecentEnvelopes } from "../../../../../cluster/ordering/core/recent-envelopes.ts";

test("at least the last so many are remembered, and at most twice as many", () => {
  const recent = new RecentEnvelopes(10);
  for (let number = 1; number <= 95; number += 1) recent.add(String(number), number);
  const known = Array.from({ length: 95 }, (_, index) => index + 1).filter(
    (number) => recent.blockOf(String(number)) === number,
  );
  expect(known).toEqual(expect.arrayContaining([86, 87, 88, 89, 90, 91, 92, 93, 94, 95]));
  expect(known.length).toBeLessThanOrEqual(20);
});
