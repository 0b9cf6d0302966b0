import { describe, expect, test } from "vitest";
import {
  isSound,
  LEVEL_MS_MAX,
  recoveries,
  reportText,
  verdictOf,
  type ChaosRun,
} from "../../../../src/network/chaos/chaos-report.ts";
import { timelineSvg } from "../../../../src/network/chaos/chaos-timeline.ts";

const run: ChaosRun = {
  title: "leader-kill",
  seed: 1,
  durationMs: 10_000,
  attempts: [
    { startMs: 0, endMs: 100, transactionId: "a" },
    { startMs: 2_500, endMs: 2_600 },
    { startMs: 3_000, endMs: 4_200, transactionId: "b" },
    { startMs: 6_000, endMs: 6_100, transactionId: "c" },
  ],
  spans: [{ text: "kill <orderer>", startMs: 2_000, endMs: 5_000 }],
  levelMs: 700,
  isLevel: true,
  violations: [],
};

describe("a report of chaos", () => {
  test("counts recovery from the fault to the next commit that began after it", () => {
    expect(recoveries(run)).toEqual([
      { fault: "kill <orderer>", afterFaultMs: 2_200, afterHealMs: 1_100 },
    ]);
  });

  test("says what was committed and how long it took", () => {
    const text = reportText(run);
    expect(text).toContain("| transactions acknowledged | 3 |");
    expect(text).toContain("| not acknowledged, so promised nothing | 1 |");
    expect(text).toContain("| kill <orderer> | 2.2 s | 1.1 s |");
    expect(text).toContain("sound");
  });

  test("is not sound with a violation, without recovery, or when nothing was learnt", () => {
    const lost = { ...run, violations: [{ kind: "lost" as const, detail: "t" }] };
    const apart = { ...run, isLevel: false };
    const idle = { ...run, attempts: [] };
    expect([run, lost, apart, idle].map(isSound)).toEqual([true, false, false, false]);
    expect(verdictOf(lost)).toMatch(/^VIOLATED/);
    expect(verdictOf(apart)).toMatch(/^NOT RECOVERED/);
    expect(verdictOf(idle)).toMatch(/^NOTHING LEARNT/);
    expect(reportText(lost)).toContain("- lost: t");
  });

  test("is not sound when a node catches up too late or never, unless it was ended early", () => {
    const late = { ...run, levelMs: LEVEL_MS_MAX + 1_000 };
    const never = { ...run, levelMs: undefined };
    const early = { ...never, isEndedEarly: true };
    const justInTime = { ...run, levelMs: LEVEL_MS_MAX };
    expect([late, never, early, justInTime].map(isSound)).toEqual([false, false, true, true]);
    expect(verdictOf(late)).toBe(
      "RECOVERED LATE: every node had caught up after 61.0 s, which must be within 60.0 s",
    );
    expect(verdictOf(never)).toContain("caught up after never");
    expect(reportText(run)).toContain("every node had caught up after | 0.7 s (at most 60.0 s) |");
    expect(reportText(early)).toContain("| not looked at: ended early |");
  });

  test("draws each fault where it was, with its text escaped", () => {
    const svg = timelineSvg(run);
    expect(svg).toContain("1  2.0–5.0 s  kill &lt;orderer&gt;<");
    // 60 + 0.2 × 900
    expect(svg).toContain('<rect x="240.0" y="10" width="270.0"');
    expect(svg.match(/fill="#2a7"/g)).toHaveLength(120);
  });

  test("has as many marks of time as fit, and names the faults that have room", () => {
    const spans = Array.from({ length: 45 }, (_, index) => ({
      text: "kill peer0.org1.example.com",
      startMs: index * 10_000,
      endMs: index * 10_000 + 1_000,
    }));
    const svg = timelineSvg({ ...run, durationMs: 600_000, spans });
    expect(svg.match(/<line /g)).toHaveLength(11);
    expect(svg).toContain(">10 min<");
    expect(svg).toContain("40  390.0–391.0 s  kill peer0.org1<");
    expect(svg).toContain("and 5 more, which the report has");
  });
});
