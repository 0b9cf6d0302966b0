import { describe, expect, test } from "vitest";
import { Trouble } from "../../../../cluster/ordering/trouble.ts";

describe("trouble", () => {
  test("begins without a leader and ends with one, for a group of more than two", () => {
    const trouble = new Trouble(3);
    const first = trouble.signal;
    trouble.begin();
    expect([first.aborted, trouble.signal.aborted]).toEqual([true, true]);
    trouble.end();
    expect([first.aborted, trouble.signal.aborted]).toEqual([true, false]);
  });

  test("is none for want of a leader in a group of one or two", () => {
    const trouble = new Trouble(2);
    trouble.begin();
    expect(trouble.signal.aborted).toBe(false);
  });

  test("follows the number of members while there is no leader", () => {
    const trouble = new Trouble(2);
    trouble.begin();
    trouble.resize(3);
    expect(trouble.signal.aborted).toBe(true);
    trouble.resize(2);
    expect(trouble.signal.aborted).toBe(false);
    trouble.end();
    trouble.resize(3);
    expect(trouble.signal.aborted).toBe(false);
  });

  test("that stays does not end with a leader, nor with fewer members", () => {
    const trouble = new Trouble(1);
    trouble.stay();
    trouble.end();
    trouble.resize(1);
    expect(trouble.signal.aborted).toBe(true);
  });
});
