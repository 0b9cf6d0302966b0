import { describe, expect, test } from "vitest";
import { BlockBuffer } from "../../../../gossip/core/block-buffer.ts";
import { BlockPull } from "../../../../gossip/core/block-pull.ts";
import type { ChannelEffect } from "../../../../gossip/core/channel-event.ts";
import {
  ANSWER_WAIT_MIN_MS,
  ANSWER_WAIT_START_MS,
  DIGEST_BLOCKS_MAX,
} from "../../../../gossip/core/limits.ts";
import { DEFAULT_OPTIONS, type ChannelMessage } from "../../../../gossip/core/index.ts";
import { Standing } from "../../../../gossip/core/standing.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";

/** A peer that needs block 5, among members "a" and "b". */
class Behind {
  readonly pull: BlockPull;
  readonly #effects: ChannelEffect[] = [];

  constructor() {
    const members = ["a", "b"];
    this.pull = new BlockPull(
      {
        random: new SeededRandom(1),
        channel: {
          sources: () => [],
          drawOwn: () => members.map((peer) => ({ peer, height: 5, servesLong: true })),
          fewOwn: () => undefined,
          isOwnMember: (peer) => members.includes(peer),
          claimCount: members.length,
          tallest: 0,
          noteHeight: () => undefined,
        },
        buffer: new BlockBuffer(5),
        standing: new Standing(60_000),
        emit: (effect) => this.#effects.push(effect),
      },
      DEFAULT_OPTIONS,
    );
  }

  hears(from: string, height: number, nowMs: number): readonly Sent[] {
    this.pull.hello({ kind: "block-hello", from, nonce: "7", height }, nowMs);
    return this.sent();
  }

  ticks(nowMs: number): readonly Sent[] {
    this.pull.tick(nowMs);
    return this.sent();
  }

  sent(): readonly Sent[] {
    return this.#effects
      .splice(0)
      .flatMap((effect) =>
        effect.kind === "send" ? [{ to: effect.to, message: effect.message }] : [],
      );
  }
}

interface Sent {
  readonly to: string;
  readonly message: ChannelMessage;
}

function nonceOf(sent: readonly Sent[]): string {
  const message = sent[0]?.message;
  return message !== undefined && "nonce" in message ? message.nonce : "";
}

function asks(to: string, first: number, last: number): object {
  return { to, message: { kind: "range-request", first, last } };
}

describe("a peer that hears a greater height", () => {
  test("asks its sender at once for all that is missing", () => {
    expect(new Behind().hears("a", 8, 0)).toMatchObject([asks("a", 5, 7)]);
  });

  test("asks for nothing when its sender is far ahead", () => {
    expect(new Behind().hears("a", 5 + DIGEST_BLOCKS_MAX + 1, 0)).toEqual([]);
  });

  test("asks for nothing when its sender is no member of the organisation", () => {
    expect(new Behind().hears("x", 8, 0)).toEqual([]);
  });

  test("asks another one that is ahead, once the first has not answered in time", () => {
    const behind = new Behind();
    behind.hears("a", 6, 0);
    expect(behind.hears("b", 6, 10)).toEqual([]);
    expect(behind.ticks(ANSWER_WAIT_START_MS - 1)).toEqual([]);
    expect(behind.ticks(ANSWER_WAIT_START_MS)).toMatchObject([asks("b", 5, 5)]);
    expect(behind.ticks(10 * ANSWER_WAIT_START_MS)).toEqual([]);
  });

  test("waits as long as answers have taken before", () => {
    const behind = new Behind();
    const nonce = nonceOf(behind.hears("a", 6, 0));
    expect(behind.pull.expects("a", nonce, 10)).toBe(true);
    behind.hears("a", 6, 1_000);
    behind.hears("b", 6, 1_001);
    expect(behind.ticks(1_000 + ANSWER_WAIT_MIN_MS)).toMatchObject([asks("b", 5, 5)]);
  });

  test("takes one answer from whom it has asked, and no other", () => {
    const behind = new Behind();
    const nonce = nonceOf(behind.hears("a", 6, 0));
    expect(behind.pull.expects("b", nonce, 10)).toBe(false);
    expect(behind.pull.expects("a", nonce, 10)).toBe(true);
    expect(behind.pull.expects("a", nonce, 10)).toBe(false);
  });

  test("asks nobody any more for what has come another way", () => {
    const behind = new Behind();
    behind.hears("a", 6, 0);
    behind.hears("b", 6, 10);
    behind.pull.advance(6);
    expect(behind.ticks(ANSWER_WAIT_START_MS)).toEqual([]);
  });
});

describe("what a peer is offered while it waits for the same", () => {
  test("is asked of whoever offered it, when it does not come in time", () => {
    const behind = new Behind();
    behind.pull.beat(0);
    const [beat] = behind.sent();
    behind.hears("b", 6, 1);
    const nonce = nonceOf([beat!]);
    behind.pull.digest({ kind: "block-digest", from: beat!.to, nonce, numbers: [5] }, 2);
    expect(behind.sent()).toEqual([]);
    expect(behind.ticks(1 + ANSWER_WAIT_START_MS)).toMatchObject([asks(beat!.to, 5, 5)]);
  });
});
