import { describe, expect, test } from "vitest";
import {
  HEALTH_SCORE_MAX,
  PROBES_IN_DOUBT,
  PROBES_PER_INTERVAL,
} from "../../../../gossip/core/limits.ts";
import type { AliveClaim } from "../../../../gossip/core/index.ts";
import { Prober, type ProbeOutput } from "../../../../gossip/core/prober.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";
import { aliveClaim } from "./claims.ts";

const OPTIONS = { probeIntervalMs: 1_000, probeTimeoutMs: 500, indirectProbeCount: 3 };

class Driven {
  readonly prober = new Prober(new SeededRandom(1), OPTIONS, 0);
  readonly suspects = new Set<string>();
  readonly outputs: ProbeOutput[] = [];
  readonly #members: readonly AliveClaim[];

  constructor(members: readonly string[] = ["a", "b", "c", "d", "e", "f", "g", "h"]) {
    this.#members = members.map((peer) => aliveClaim(peer, 1));
  }

  /** Ticks up to a time. */
  run(fromMs: number, toMs: number, tickMs = 50): void {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += tickMs) this.tick(nowMs);
  }

  /** Answers what that brought. */
  tick(nowMs: number): readonly ProbeOutput[] {
    const members = {
      alive: () => this.#members,
      isSuspected: (peer: string) => this.suspects.has(peer),
    };
    const before = this.outputs.length;
    this.prober.tick(members, nowMs, (output) => this.outputs.push(output));
    return this.outputs.slice(before);
  }

  /** What became of the first round, with the times; the prober looks at the clock every `tickMs`. */
  firstRound(tickMs: number): readonly (readonly [nowMs: number, kind: ProbeOutput["kind"]])[] {
    const said: [number, ProbeOutput["kind"]][] = [];
    let first: Extract<ProbeOutput, { kind: "probe" }> | undefined;
    for (let nowMs = 0; nowMs < 10_000; nowMs += tickMs) {
      for (const output of this.tick(nowMs)) {
        if (output.kind === "probe") first ??= output;
        const isOfFirst =
          output.kind === "silent" ? output.peer === first?.to : output.nonce === first?.nonce;
        if (isOfFirst) said.push([nowMs, output.kind]);
        if (isOfFirst && output.kind === "silent") return said;
      }
    }
    return said;
  }

  count(kind: ProbeOutput["kind"]): number {
    return this.outputs.filter((output) => output.kind === kind).length;
  }
}

describe("a prober that hears nothing", () => {
  test("doubts itself, gives others more time, and asks several an interval", () => {
    const driven = new Driven();
    driven.run(0, 40_000);
    expect(driven.prober.healthScore).toBe(HEALTH_SCORE_MAX);
    const asked = new Set(
      driven.outputs.flatMap((output) => ("nonce" in output ? [output.nonce] : [])),
    ).size;
    // The first few rounds, until the doubt, ask one each.
    const perInterval = PROBES_IN_DOUBT * PROBES_PER_INTERVAL;
    expect(asked).toBeGreaterThan(perInterval * 35);
    expect(asked).toBeLessThanOrEqual(perInterval * 40);
    const silent = driven.count("silent");
    expect(silent).toBeGreaterThanOrEqual(asked - perInterval * (HEALTH_SCORE_MAX + 2));
    expect(silent).toBeLessThan(asked);
  });

  test("asks nobody for help that is suspected, and holds no such silence against itself", () => {
    const driven = new Driven();
    for (const peer of ["a", "b", "c", "d", "e", "f", "g", "h"]) driven.suspects.add(peer);
    driven.run(0, 10_000);
    expect(driven.count("probe-request")).toBe(0);
    expect(driven.count("silent")).toBeGreaterThan(5);
    expect(driven.prober.healthScore).toBe(0);
  });

  test("asks a silent member three times and three others once before it says so, evenly over time", () => {
    const driven = new Driven();
    driven.run(0, 1_000);
    const [first] = driven.outputs;
    if (first?.kind !== "probe") throw new Error("nobody was asked");
    driven.run(1_000, 2_000);
    const ofRound = driven.outputs.filter(
      (output) => "nonce" in output && output.nonce === first.nonce,
    );
    expect(ofRound.filter(({ kind }) => kind === "probe")).toHaveLength(3);
    expect(ofRound.filter(({ kind }) => kind === "probe-request")).toHaveLength(3);
    expect(driven.outputs).toContainEqual({ kind: "silent", peer: first.to });
  });

  test.each([
    [8, 3],
    [100, 3],
    [101, 4],
    [1_000, 4],
    [1_001, 5],
    [10_000, 5],
  ])("of %i members, asks a silent one %i times directly", (memberCount, asks) => {
    const members = Array.from({ length: memberCount }, (_, index) => `peer ${index}`);
    const kinds = new Driven(members).firstRound(50).map(([, kind]) => kind);
    expect(kinds.filter((kind) => kind === "probe")).toHaveLength(asks);
    expect(kinds.filter((kind) => kind === "probe-request")).toHaveLength(3);
    expect(kinds.at(-1)).toBe("silent");
  });

  test("gives the last ask its time, too, when it looks at the clock seldom", () => {
    const times = new Driven().firstRound(400);
    const askedMs = times.filter(([, kind]) => kind === "probe").map(([nowMs]) => nowMs);
    const silentMs = times.at(-1)?.[0] ?? 0;
    expect(askedMs).toHaveLength(3);
    const pauseMs = (OPTIONS.probeIntervalMs - OPTIONS.probeTimeoutMs) / 2;
    for (const [index, atMs] of askedMs.entries()) {
      expect((askedMs[index + 1] ?? silentMs) - atMs).toBeGreaterThanOrEqual(pauseMs);
    }
  });
});
