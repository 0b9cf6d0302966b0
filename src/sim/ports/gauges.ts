import type { Gauge, Meter, MetricLabels } from "../../kernel/ports/meter.ts";
import { silentMeter } from "../../kernel/ports/meter.ts";

/** The gauges of one process that are asked for by name: what it says of itself through the `Meter` port. */
export class Gauges {
  readonly #values = new Map<string, Map<string, number>>();
  readonly meter: Meter;

  constructor(names: readonly string[]) {
    for (const name of names) this.#values.set(name, new Map());
    this.meter = { ...silentMeter, gauge: ({ name }) => this.#gauge(name) };
  }

  /** The largest value over all labels; 0 where none was set. */
  largest(name: string): number {
    let largest = 0;
    for (const value of this.#values.get(name)?.values() ?? []) largest = Math.max(largest, value);
    return largest;
  }

  #gauge(name: string): Gauge {
    const values = this.#values.get(name);
    if (values === undefined) return silentMeter.gauge({ name, help: "" });
    return {
      set: (value: number, labels: MetricLabels = {}) => {
        let key = "";
        for (const label in labels) key += `${labels[label] ?? ""},`;
        values.set(key, value);
      },
    };
  }
}
