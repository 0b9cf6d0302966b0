import { expect, test } from "vitest";
import {
  activeNodesGauge,
  broadcastMetrics,
  orderingMetrics,
} from "../../cluster/ordering/metrics.ts";
import { replicaMetrics, transportMetrics } from "../../cluster/replica/metrics.ts";
import { deliverMetrics } from "../../src/delivery/metrics.ts";
import { silentMeter, type Meter, type MetricOptions } from "../../src/kernel/ports/meter.ts";
import { ORDERER_METRICS, metricForm } from "../support/fabric-metrics.ts";

/** Our own have a prefix that Fabric's never have. */
const OWN = "heddle_";

test("an orderer's metrics have the names, kinds and labels of Fabric's, and there are no others", () => {
  const defined: Record<string, string> = {};
  const recording =
    <M>(kind: string, made: M) =>
    ({ name, labels = [] }: MetricOptions): M => {
      defined[name] = metricForm(kind, labels);
      return made;
    };
  const meter: Meter = {
    counter: recording("counter", silentMeter.counter({ name: "", help: "" })),
    gauge: recording("gauge", silentMeter.gauge({ name: "", help: "" })),
    histogram: recording("histogram", silentMeter.histogram({ name: "", help: "" })),
  };
  for (const define of [
    activeNodesGauge,
    broadcastMetrics,
    deliverMetrics,
    orderingMetrics,
    replicaMetrics,
    transportMetrics,
  ]) {
    define(meter);
  }
  const fabrics = Object.entries(defined).filter(([name]) => !name.startsWith(OWN));
  expect(Object.fromEntries(fabrics)).toEqual(ORDERER_METRICS);
});
