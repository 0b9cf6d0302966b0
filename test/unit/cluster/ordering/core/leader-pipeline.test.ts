import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { EMPTY_BYTES, utf8, utf8Decode } from "../../../../../src/kernel/bytes.ts";
import { Envelope, decode, isCanonicalEnvelope } from "../../../../../src/wire/index.ts";
import {
  misfit,
  tipOf,
  type ChainTip,
} from "../../../../../cluster/ordering/core/block-assembly.ts";
import type { OrderedMessage } from "../../../../../cluster/ordering/core/block-cutter.ts";
import { LeaderPipeline } from "../../../../../cluster/ordering/core/leader-pipeline.ts";

const TIP: ChainTip = { number: 7, hash: new Uint8Array(32).fill(9) };
const BATCH = { messageCountMax: 3, preferredBytesMax: 1_000 };
const LIMITS = {
  blocksInFlightMax: 2,
  waitingCountMax: 10,
  waitingBytesMax: 10_000,
  gatherMsMax: 0,
  gatherCountMin: 2,
};

function message(name: string | number): OrderedMessage {
  const envelope = { payload: utf8(String(name)), signature: EMPTY_BYTES };
  return { envelope, sizeBytes: 10, isConfig: false };
}

function nameIn(bytes: Uint8Array): string {
  return utf8Decode(decode(Envelope, bytes).payload);
}

/** What a batch holds some of, one of, and none but itself. */
const KINDS = {
  add: { sizeBytes: 10, isConfig: false },
  large: { sizeBytes: 600, isConfig: false },
  oversize: { sizeBytes: BATCH.preferredBytesMax + 1, isConfig: false },
  config: { sizeBytes: 10, isConfig: true },
} as const;

/** Proposes everything that is due; the envelopes of each block. */
function proposeAll(pipeline: LeaderPipeline): string[][] {
  const blocks: string[][] = [];
  for (let block = pipeline.due(0); block !== undefined; block = pipeline.due(0)) {
    blocks.push(block.data.data.map(nameIn));
    pipeline.proposed(0);
  }
  return blocks;
}

describe("a leader's pipeline", () => {
  test.prop([fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 })])(
    "puts envelopes into blocks in their canonical form",
    (payload, signature) => {
      const pipeline = new LeaderPipeline(TIP, LIMITS);
      const envelope = { payload, signature };
      pipeline.add({ envelope, sizeBytes: 10, isConfig: false }, BATCH, 0);
      expect(pipeline.due(0)?.data.data.map(isCanonicalEnvelope)).toEqual([true]);
    },
  );

  test("cuts at once while nothing is in flight", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    pipeline.add(message("a"), BATCH, 0);
    expect(proposeAll(pipeline)).toEqual([["a"]]);
    expect(pipeline.isFilling).toBe(false);
  });

  test("fills a batch while a block is in flight, and cuts it when that is written", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    pipeline.add(message("a"), BATCH, 0);
    proposeAll(pipeline);
    pipeline.add(message("b"), BATCH, 0);
    pipeline.add(message("c"), BATCH, 0);
    expect(proposeAll(pipeline)).toEqual([]);
    expect(pipeline.isFilling).toBe(true);
    pipeline.applied(8, 0);
    expect(proposeAll(pipeline)).toEqual([["b", "c"]]);
  });

  test("proposes a full batch beside the block in flight", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    for (const name of ["a", "b"]) pipeline.add(message(name), BATCH, 0);
    expect(proposeAll(pipeline)).toEqual([["a", "b"]]);
    for (const name of ["c", "d", "e"]) pipeline.add(message(name), BATCH, 0);
    expect(proposeAll(pipeline)).toEqual([["c", "d", "e"]]);
    expect(pipeline.inFlightCount).toBe(2);
  });

  test("cuts a batch whose time is up, but not beyond the blocks in flight", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    for (const name of ["a", "b", "c"]) {
      pipeline.add(message(name), BATCH, 0);
      pipeline.timeUp();
    }
    expect(proposeAll(pipeline)).toEqual([["a"], ["b"]]);
    pipeline.applied(8, 0);
    expect(proposeAll(pipeline)).toEqual([["c"]]);
  });

  test("under load holds a batch open for a while, although nothing is in flight", () => {
    const limits = { ...LIMITS, waitingCountMax: 500, gatherMsMax: 50 };
    const pipeline = new LeaderPipeline(TIP, limits);
    const large = { messageCountMax: 500, preferredBytesMax: 100_000 };
    // A transaction each millisecond and blocks that take ten, until the pipeline knows.
    let proposedMs = -1;
    let newest = TIP.number;
    for (let ms = 0; ms < 300; ms += 1) {
      pipeline.add(message(ms), large, ms);
      if (pipeline.inFlightCount > 0 && ms >= proposedMs + 10) pipeline.applied((newest += 1), ms);
      if (pipeline.inFlightCount > 0 || pipeline.due(ms) === undefined) continue;
      pipeline.proposed(ms);
      proposedMs = ms;
    }
    if (pipeline.inFlightCount > 0) pipeline.applied((newest += 1), 310);
    pipeline.add(message("last"), large, 310);
    const cutAtMs = pipeline.cutAtMs() ?? 0;
    expect(cutAtMs).toBeGreaterThan(310);
    expect(pipeline.due(cutAtMs - 1)).toBeUndefined();
    expect(pipeline.due(cutAtMs)).toBeDefined();
  });

  test("offers the same block until it is proposed", () => {
    const pipeline = new LeaderPipeline(TIP, LIMITS);
    pipeline.add(message("a"), BATCH, 0);
    const block = pipeline.due(0);
    pipeline.add(message("b"), BATCH, 0);
    expect(pipeline.due(0)).toBe(block);
    expect(block?.header.number).toBe(8);
  });

  test("refuses what exceeds its bounds, and takes more once something is proposed", () => {
    const pipeline = new LeaderPipeline(TIP, { ...LIMITS, waitingCountMax: 2 });
    expect(["a", "b", "c"].map((name) => pipeline.add(message(name), BATCH, 0))).toEqual([
      true,
      true,
      false,
    ]);
    proposeAll(pipeline);
    expect(pipeline.add(message("c"), BATCH, 0)).toBe(true);
    const bytes = new LeaderPipeline(TIP, { ...LIMITS, waitingBytesMax: 15 });
    expect([bytes.add(message("a"), BATCH, 0), bytes.add(message("b"), BATCH, 0)]).toEqual([
      true,
      false,
    ]);
  });

  const action = fc.oneof(
    { weight: 4, arbitrary: fc.constant("add" as const) },
    fc.constantFrom("large" as const, "oversize" as const, "config" as const),
    {
      weight: 3,
      arbitrary: fc.constantFrom("apply" as const, "time" as const, "propose" as const),
    },
  );
  test.prop([fc.array(action, { maxLength: 200 })])(
    "chains every message into blocks once and in order, within the batch's bounds, whatever happens when",
    (actions) => {
      const pipeline = new LeaderPipeline(TIP, LIMITS);
      const taken = new Map<string, (typeof KINDS)[keyof typeof KINDS]>();
      const proposed: string[] = [];
      let tip = TIP;
      let applied = TIP.number;
      const propose = (): void => {
        for (let block = pipeline.due(0); block !== undefined; block = pipeline.due(0)) {
          expect(misfit(tip, block)).toBeUndefined();
          tip = tipOf(block.header);
          const names = block.data.data.map(nameIn);
          const held = names.map((name) => taken.get(name)!);
          const bytes = held.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          expect(names.length).toBeLessThanOrEqual(BATCH.messageCountMax);
          expect(names.length === 1 || bytes <= BATCH.preferredBytesMax).toBe(true);
          expect(names.length === 1 || held.every(({ isConfig }) => !isConfig)).toBe(true);
          proposed.push(...names);
          pipeline.proposed(0);
          expect(pipeline.inFlightCount).toBeLessThanOrEqual(LIMITS.blocksInFlightMax);
        }
      };
      for (const [step, what] of [...actions, ...drain(actions.length)].entries()) {
        if (what === "time") pipeline.timeUp();
        else if (what === "propose") propose();
        else if (what !== "apply") {
          const added = { ...message(step), ...KINDS[what] };
          if (pipeline.add(added, BATCH, 0)) taken.set(String(step), KINDS[what]);
        } else if (applied < tip.number) pipeline.applied((applied += 1), 0);
      }
      expect(proposed).toEqual([...taken.keys()]);
      expect(pipeline.inFlightCount).toBe(0);
    },
  );
});

function drain(count: number): ("propose" | "apply")[] {
  return Array.from({ length: count + 1 }, () => ["propose", "apply"] as const).flat();
}
