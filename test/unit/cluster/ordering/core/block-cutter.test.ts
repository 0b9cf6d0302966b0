import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { EMPTY_BYTES } from "../../../../../src/kernel/bytes.ts";
import {
  BlockCutter,
  type BatchLimits,
  type OrderedMessage,
} from "../../../../../cluster/ordering/core/block-cutter.ts";

const LIMITS: BatchLimits = { messageCountMax: 3, preferredBytesMax: 100 };

function message(sizeBytes: number, isConfig = false): OrderedMessage {
  const envelope = { payload: new Uint8Array([sizeBytes]), signature: EMPTY_BYTES };
  return { envelope, sizeBytes, isConfig };
}

/** Sizes of the batches that each message completes, then what stays pending. */
function cutAll(sizes: readonly (number | "config")[], limits: BatchLimits = LIMITS) {
  const cutter = new BlockCutter();
  const steps = sizes.map((size) => {
    const batches = cutter.add(message(size === "config" ? 10 : size, size === "config"), limits);
    return batches.map((batch) => batch.map((each) => each.sizeBytes));
  });
  return { steps, pending: cutter.cut().map((each) => each.sizeBytes) };
}

describe("the block cutter", () => {
  test("keeps messages until the count is reached", () => {
    expect(cutAll([10, 10, 10, 10])).toEqual({
      steps: [[], [], [[10, 10, 10]], []],
      pending: [10],
    });
  });

  test("cuts before a message that would exceed the preferred size", () => {
    expect(cutAll([60, 41])).toEqual({ steps: [[], [[60]]], pending: [41] });
  });

  test("fills a batch to exactly the preferred size", () => {
    expect(cutAll([60, 40])).toEqual({ steps: [[], []], pending: [60, 40] });
  });

  test("takes a message of exactly the preferred size like any other", () => {
    expect(cutAll([100])).toEqual({ steps: [[]], pending: [100] });
  });

  test("isolates a message above the preferred size", () => {
    expect(cutAll([101])).toEqual({ steps: [[[101]]], pending: [] });
  });

  test("cuts what is pending before an isolated message", () => {
    expect(cutAll([10, 20, 101])).toEqual({ steps: [[], [], [[10, 20], [101]]], pending: [] });
  });

  test("isolates a configuration, and cuts what is pending before it", () => {
    expect(cutAll([20, "config", "config"])).toEqual({
      steps: [[], [[20], [10]], [[10]]],
      pending: [],
    });
  });

  test("cuts twice when a message overflows and is itself a full batch", () => {
    expect(cutAll([60, 60], { messageCountMax: 1, preferredBytesMax: 100 })).toEqual({
      steps: [[[60]], [[60]]],
      pending: [],
    });
  });

  test("cuts at once when the limit is lowered below what is pending", () => {
    const cutter = new BlockCutter();
    cutter.add(message(10), LIMITS);
    cutter.add(message(10), LIMITS);
    expect(cutter.add(message(10), { ...LIMITS, messageCountMax: 1 })).toHaveLength(1);
    expect(cutter.pendingCount).toBe(0);
  });

  test("cuts nothing from nothing", () => {
    expect(new BlockCutter().cut()).toEqual([]);
  });

  test.prop([
    fc.array(fc.oneof(fc.integer({ min: 1, max: 150 }), fc.constant("config" as const))),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 120 }),
  ])(
    "loses nothing, keeps the order, and keeps every limit",
    (sizes, messageCountMax, preferredBytesMax) => {
      const limits = { messageCountMax, preferredBytesMax };
      const { steps, pending } = cutAll(sizes, limits);
      const batches = [...steps.flat(), ...(pending.length > 0 ? [pending] : [])];
      expect(batches.flat()).toEqual(sizes.map((size) => (size === "config" ? 10 : size)));
      for (const batch of batches) {
        const total = batch.reduce((sum, size) => sum + size, 0);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(messageCountMax);
        expect(batch.length === 1 || total <= preferredBytesMax).toBe(true);
      }
      for (const step of steps) expect(step.length).toBeLessThanOrEqual(2);
      expect(pending.length).toBeLessThan(messageCountMax);
    },
  );

  test.prop([
    fc.array(fc.oneof(fc.integer({ min: 1, max: 150 }), fc.constant("config" as const))),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 120 }),
  ])("cuts what Fabric's rules cut, message for message", (sizes, messageCountMax, bytesMax) => {
    const limits = { messageCountMax, preferredBytesMax: bytesMax };
    expect(cutAll(sizes, limits)).toEqual(fabricCuts(sizes, messageCountMax, bytesMax));
  });
});

/** Fabric's rules, one sentence a line: what each message completes, and what is left. */
function fabricCuts(
  sizes: readonly (number | "config")[],
  countMax: number,
  bytesMax: number,
): ReturnType<typeof cutAll> {
  let pending: number[] = [];
  const total = (): number => pending.reduce((sum, size) => sum + size, 0);
  const steps = sizes.map((each) => {
    const size = each === "config" ? 10 : each;
    const isAlone = each === "config" || size > bytesMax;
    const cut: number[][] = [];
    const cutPending = (): void => {
      if (pending.length > 0) cut.push(pending);
      pending = [];
    };
    // A configuration and a message above the preferred size have a block of their own, after what is pending.
    if (isAlone) cutPending();
    if (isAlone) return [...cut, [size]];
    // What would exceed the preferred size begins a new batch.
    if (total() + size > bytesMax) cutPending();
    pending.push(size);
    // A batch of the greatest count is complete.
    if (pending.length >= countMax) cutPending();
    return cut;
  });
  return { steps, pending };
}
