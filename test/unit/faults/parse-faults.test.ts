import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { parseFaults } from "../../../src/faults/adapters/parse-faults.ts";
import { NO_FAULT, NO_FAULTS } from "../../../src/faults/index.ts";

describe("a request for faults", () => {
  test("that says nothing takes all faults back", () => {
    expect(parseFaults("{}")).toEqual({
      ok: true,
      request: { ...NO_FAULTS, reset: [] },
    });
  });

  test("names a link's faults, and what it leaves out is sound", () => {
    const text = JSON.stringify({ links: [{ peer: "b", out: { drop: true } }] });
    expect(parseFaults(text)).toMatchObject({
      ok: true,
      request: { links: [{ peer: "b", out: { ...NO_FAULT, drop: true }, in: NO_FAULT }] },
    });
  });

  test.each([
    ["no JSON", "{"],
    ["an unknown key", '{"link":[]}'],
    ["a delay without bound", '{"disk":{"syncDelayMs":60001}}'],
    ["a share above one", '{"links":[{"peer":"b","in":{"loss":1.5}}]}'],
    ["a clock of another age", '{"clock":{"offsetMs":-1e13}}'],
    ["a seed that is no whole number", '{"powerLoss":{"seed":1.5}}'],
    ["more than a seed", '{"powerLoss":{"seed":1,"files":["/etc/passwd"]}}'],
    ["a step that no node takes", '{"failpoints":[{"step":"log segment flusht"}]}'],
    [
      "too many failpoints",
      JSON.stringify({ failpoints: Array(65).fill({ step: "log segment flushed" }) }),
    ],
    ["too many links", JSON.stringify({ links: Array(129).fill({ peer: "b" }) })],
  ])("is refused for %s", (_, text) => {
    const parsed = parseFaults(text);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.reason).toMatch(/\S/);
  });

  property.prop([fc.oneof(fc.string(), fc.json())])("never throws", (text) => {
    expect(typeof parseFaults(text).ok).toBe("boolean");
  });
});
