import { describe, expect, test } from "vitest";
import { PinoLog } from "../../../../src/ops/adapters/pino-log.ts";
import { PrometheusMeter } from "../../../../src/ops/adapters/prometheus-meter.ts";

describe("metrics with labels of a stranger's choosing", () => {
  test("keep a thousand label sets and count the rest together", async () => {
    const meter = new PrometheusMeter({ process: false });
    const counter = meter.counter({ name: "calls", help: "h", labels: ["name"] });
    for (let index = 0; index < 1_500; index += 1) counter.add(1, { name: `n${index}` });
    counter.add(1, { name: "n0" });
    const { text } = await meter.expose();
    expect(text.split("\n").filter((line) => line.startsWith("calls{"))).toHaveLength(1_001);
    expect(text).toContain('calls{name="other"} 500');
    expect(text).toContain('calls{name="n0"} 2');
  });

  test("are told apart whatever their values are", async () => {
    const meter = new PrometheusMeter({ process: false });
    const counter = meter.counter({ name: "pairs", help: "h", labels: ["a", "b"] });
    counter.add(1, { a: "x", b: "y" });
    counter.add(1, { a: "xb=1:y" });
    counter.add(1, { a: "", b: "1:x" });
    counter.add(1, { a: "x", b: "y" });
    const { text } = await meter.expose();
    expect(text.split("\n").filter((line) => line.startsWith("pairs{"))).toHaveLength(3);
    expect(text).toContain('pairs{a="x",b="y"} 2');
  });

  test("cut a long value", async () => {
    const meter = new PrometheusMeter({ process: false });
    const histogram = meter.histogram({ name: "t", help: "h", labels: ["name"], buckets: [1] });
    histogram.observe(1, { name: "x".repeat(1_000_000) });
    expect((await meter.expose()).text.length).toBeLessThan(5_000);
  });
});

describe("a log line", () => {
  test("is short however long the texts in it are", () => {
    const lines: string[] = [];
    const destination = { write: (line: string): unknown => lines.push(line) };
    const { logger } = new PinoLog({ spec: "info", node: "n", destination });
    const long = "x".repeat(1_000_000);
    logger.info(long, { reason: long, error: new Error(long), bytes: new Uint8Array(1_000_000) });
    expect(lines[0]!.length).toBeLessThan(20_000);
    expect(JSON.parse(lines[0]!)).toMatchObject({ reason: `${"x".repeat(4_096)}…` });
  });
});
