import { describe, expect, test } from "vitest";
import { Inflight } from "../../../../cluster/raft/inflight.ts";

describe("the appends on their way", () => {
  test("are bounded by their number", () => {
    const inflight = new Inflight(2, 1_000);
    inflight.add(3, 1);
    expect(inflight.isFull()).toBe(false);
    inflight.add(5, 1);
    expect(inflight.isFull()).toBe(true);
    expect(() => {
      inflight.add(6, 1);
    }).toThrow("open window");
  });

  test("are bounded by their bytes, which the last one may exceed", () => {
    const inflight = new Inflight(10, 100);
    inflight.add(1, 99);
    expect(inflight.isFull()).toBe(false);
    inflight.add(2, 500);
    expect(inflight.isFull()).toBe(true);
    inflight.acknowledge(1);
    expect(inflight.isFull()).toBe(true);
    inflight.acknowledge(2);
    expect(inflight.isFull()).toBe(false);
  });

  test("end with the acknowledgement of their last entry, together with all before", () => {
    const inflight = new Inflight(10, 100);
    for (const index of [2, 4, 6]) inflight.add(index, 1);
    inflight.acknowledge(3);
    expect(inflight.count).toBe(2);
    inflight.acknowledge(6);
    expect(inflight.count).toBe(0);
  });

  test("are in the order of the log", () => {
    const inflight = new Inflight(10, 100);
    inflight.add(2, 1);
    expect(() => {
      inflight.add(2, 1);
    }).toThrow("order of the log");
  });
});
