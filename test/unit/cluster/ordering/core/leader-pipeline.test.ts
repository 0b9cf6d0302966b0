import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { utf8 } from "../../../../../src/kernel/bytes.ts";
import {
  misfit,
  tipOf,
  type ChainTip,
} from "../../../../../cluster/ordering/core/block-assembly.ts";
import type { OrderedMessage } from "../../../../../cluster/ordering/core/block-cutter.ts";
import { LeaderPipeline } from "../../../../../cluster/ordering/core/leader-pipeline.ts";

const TIP: ChainTip = { number: 7, hash: new Uint8Array(32).fill(9) };
const BATCH = { messageCountMax: 3, preferredBytesMax: 1_000 };
const LIMITS = { blocksInFlightMax: 2, waitingCountMax: 10, waitingBytesMax: 10_000 };

function message(name: string | number): OrderedMessage {
  return { bytes: utf8(String(name)), sizeBytes: 10, isConfig: false };
}

/** Proposes everything that is due; the envelopes of each block. */
function proposeAll(pipeline: LeaderPipeline): string[][] {
  const blocks: string[][] = [];
  for (let block = pipeline.due(); block !== undefined; block = pipeline.due()) {
    blocks.push(block.data.data.map((bytes) => new TextDecoder().decode(bytes)));
    pipeline.proposed();
  }
  return blocks;
}

describe("a leader's pipeline", () => {
  test("cuts at once while nothing is in flight", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    pipeline.add(message("a"), BATCH);
    expect(proposeAll(pipeline)).toEqual([["a"]]);
    expect(pipeline.isFilling).toBe(false);
  });

  test("fills a batch while a block is in flight, and cuts it when that is written", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    pipeline.add(message("a"), BATCH);
    proposeAll(pipeline);
    pipeline.add(message("b"), BATCH);
    pipeline.add(message("c"), BATCH);
    expect(proposeAll(pipeline)).toEqual([]);
    expect(pipeline.isFilling).toBe(true);
    pipeline.applied(8);
    expect(proposeAll(pipeline)).toEqual([["b", "c"]]);
  });

  test("proposes a full batch beside the block in flight", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    for (const name of ["a", "b"]) pipeline.add(message(name), BATCH);
    expect(proposeAll(pipeline)).toEqual([["a", "b"]]);
    for (const name of ["c", "d", "e"]) pipeline.add(message(name), BATCH);
    expect(proposeAll(pipeline)).toEqual([["c", "d", "e"]]);
    expect(pipeline.inFlightCount).toBe(2);
  });

  test("cuts a batch whose time is up, but not beyond the blocks in flight", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    for (const name of ["a", "b", "c"]) {
      pipeline.add(message(name), BATCH);
      pipeline.timeUp();
    }
    expect(proposeAll(pipeline)).toEqual([["a"], ["b"]]);
    pipeline.applied(8);
    expect(proposeAll(pipeline)).toEqual([["c"]]);
  });

  test("offers the same block until it is proposed", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    pipeline.add(message("a"), BATCH);
    const block = pipeline.due();
    pipeline.add(message("b"), BATCH);
    expect(pipeline.due()).toBe(block);
    expect(block?.header.number).toBe(8);
  });

  test("refuses what exceeds its bounds, and takes more once something is proposed", () => {
    const pipeline = new LeaderPipeline(TIP, { ...LIMITS, waitingCountMax: 2 });
    expect(["a", "b", "c"].map((name) => pipeline.add(message(name), BATCH))).toEqual([
      true,
      true,
      false,
    ]);
    proposeAll(pipeline);
    expect(pipeline.add(message("c"), BATCH)).toBe(true);
    const bytes = new LeaderPipeline(TIP, { ...LIMITS, waitingBytesMax: 15 });
    expect([bytes.add(message("a"), BATCH), bytes.add(message("b"), BATCH)]).toEqual([true, false]);
  });

  const action = fc.oneof(
    { weight: 4, arbitrary: fc.constant("add" as const) },
    fc.constantFrom("apply" as const, "time" as const, "propose" as const),
  );
  test.prop([fc.array(action, { maxLength: 200 })])(
    "chains every message into blocks once and in order, whatever happens when",
    (actions) => {
      const pipeline = new LeaderPipeline(TIP, LIMITS);
      const taken: string[] = [];
      const proposed: string[] = [];
      let tip = TIP;
      let applied = TIP.number;
      const propose = (): void => {
        for (let block = pipeline.due(); block !== undefined; block = pipeline.due()) {
          expect(misfit(tip, block)).toBeUndefined();
          tip = tipOf(block.header);
          proposed.push(...block.data.data.map((bytes) => new TextDecoder().decode(bytes)));
          pipeline.proposed();
          expect(pipeline.inFlightCount).toBeLessThanOrEqual(LIMITS.blocksInFlightMax);
        }
      };
      for (const [step, what] of [...actions, ...drain(actions.length)].entries()) {
        if (what === "add" && pipeline.add(message(step), BATCH)) taken.push(String(step));
        if (what === "time") pipeline.timeUp();
        if (what === "propose") propose();
        if (what === "apply" && applied < tip.number) pipeline.applied((applied += 1));
      }
      expect(proposed).toEqual(taken);
      expect(pipeline.inFlightCount).toBe(0);
    },
  );
});

function drain(count: number): ("propose" | "apply")[] {
  return Array.from({ length: count + 1 }, () => ["propose", "apply"] as const).flat();
}
