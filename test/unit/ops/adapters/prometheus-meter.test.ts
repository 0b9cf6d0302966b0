import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { PrometheusMeter } from "../../../../src/ops/adapters/prometheus-meter.ts";

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

test("a histogram is exposed as prom-client's own, whatever is observed", async () => {
  const registry = new Registry();
  const options = { name: "seconds", help: "h" };
  const own = new Histogram({ ...options, labelNames: ["a", "b"], registers: [registry] });
  const meter = new PrometheusMeter({ process: false });
  const histogram = meter.histogram({ ...options, labels: ["a", "b"] });
  const values = [0, 0.005, 0.0051, 0.3, 2.5, 10, 11, 1e9];
  for (const [place, value] of values.entries()) {
    const labels = { a: `a${place % 2}`, b: "b" };
    own.observe(labels, value);
    histogram.observe(value, labels);
  }
  expect(linesOf((await meter.expose()).text)).toEqual(linesOf(await registry.metrics()));
});

test("a metric without labels shows before anything is measured", async () => {
  const meter = new PrometheusMeter({ process: false });
  meter.counter({ name: "count", help: "h" });
  meter.gauge({ name: "height", help: "h" });
  meter.histogram({ name: "seconds", help: "h", buckets: [1] });
  expect(linesOf((await meter.expose()).text)).toEqual([
    "count 0",
    "height 0",
    'seconds_bucket{le="1"} 0',
    'seconds_bucket{le="+Inf"} 0',
    "seconds_sum 0",
    "seconds_count 0",
  ]);
});

test("labels that come in another order are the same", async () => {
  const meter = new PrometheusMeter({ process: false });
  const counter = meter.counter({ name: "count", help: "h", labels: ["a", "b"] });
  const gauge = meter.gauge({ name: "height", help: "h", labels: ["a", "b"] });
  counter.add(1, { a: "x", b: "y" });
  counter.add(2, { b: "y", a: "x" });
  gauge.set(1, { a: "x", b: "y" });
  gauge.set(2, { b: "y", a: "x" });
  expect(linesOf((await meter.expose()).text)).toEqual([
    'count{a="x",b="y"} 3',
    'height{a="x",b="y"} 2',
  ]);
});

test("what is exposed twice is counted once", async () => {
  const meter = new PrometheusMeter({ process: false });
  const counter = meter.counter({ name: "count", help: "h", labels: ["a"] });
  counter.add(2, { a: "x" });
  await meter.expose();
  counter.add(1, { a: "x" });
  expect(linesOf((await meter.expose()).text)).toEqual(['count{a="x"} 3']);
});

test("a label that was not declared is refused where it is used", () => {
  const meter = new PrometheusMeter({ process: false });
  const options = { name: "m", help: "h", labels: ["a"] };
  expect(() => {
    meter.counter({ ...options, name: "c" }).add(1, { b: "x" });
  }).toThrow();
  expect(() => {
    meter.gauge({ ...options, name: "g" }).set(1, { b: "x" });
  }).toThrow();
  expect(() => {
    meter.histogram({ ...options, name: "h" }).observe(1, { b: "x" });
  }).toThrow();
});
