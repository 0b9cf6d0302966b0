import type {
  Counter,
  Gauge,
  Histogram,
  Meter,
  MetricLabels,
  MetricOptions,
} from "../../../src/kernel/ports/meter.ts";

/** Keeps the sum of every counter, by name and label values. */
export class CountingMeter implements Meter {
  readonly #sums = new Map<string, number>();

  /** The sum of the counter `name` with the given label value, if it has a label. */
  sum(name: string, label?: string): number {
    return this.#sums.get(label === undefined ? name : `${name} ${label}`) ?? 0;
  }

  counter({ name }: MetricOptions): Counter {
    return {
      add: (value, labels: MetricLabels = {}) => {
        const key = [name, ...Object.values(labels)].join(" ");
        this.#sums.set(key, (this.#sums.get(key) ?? 0) + value);
      },
    };
  }

  gauge(): Gauge {
    return { set: () => undefined };
  }

  histogram(): Histogram {
    return { observe: () => undefined };
  }
}
