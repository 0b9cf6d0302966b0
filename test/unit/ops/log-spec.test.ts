import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { levelOf, parseLogSpec, type LogSpec } from "../../../src/ops/index.ts";

function spec(text: string): LogSpec {
  const result = parseLogSpec(text);
  if (!result.ok) throw new Error(result.reason);
  return result.spec;
}

describe("the logging specification", () => {
  test("a bare level is the default", () => {
    expect(levelOf(spec("debug"), "gossip")).toBe("debug");
    expect(levelOf(spec(""), "gossip")).toBe("info");
  });

  test("a component's level holds for what is below it, the longest name winning", () => {
    const parsed = spec("warn:gossip=debug:gossip.state,ledger=trace");
    expect(levelOf(parsed, "gossip.pull")).toBe("debug");
    expect(levelOf(parsed, "gossip.state.transfer")).toBe("trace");
    expect(levelOf(parsed, "ledger")).toBe("trace");
    expect(levelOf(parsed, "gossiper")).toBe("warn");
  });

  test("Fabric's other level names are understood", () => {
    expect(levelOf(spec("WARNING"), "x")).toBe("warn");
    expect(levelOf(spec("panic"), "x")).toBe("fatal");
  });

  test.for(["bogus=", "=debug", "a=b=c", "loud", "a b=info", "gossip=loud"])(
    "'%s' is refused",
    (text) => {
      expect(parseLogSpec(text)).toEqual({
        ok: false,
        reason: `invalid logging specification '${text}': bad segment '${text}'`,
      });
    },
  );

  property.prop([fc.string({ maxLength: 6_000 })])("no text makes it throw", (text) => {
    expect(typeof parseLogSpec(text).ok).toBe("boolean");
  });
});
