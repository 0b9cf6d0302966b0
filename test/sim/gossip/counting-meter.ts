import type {
  Counter,
  Gauge,
  Histogram,
  Meter,
  MetricLabels,
  MetricOptions,
} from "../../../src/kernel/ports/meter.ts";

/** Keeps the sum of every counter, and the last value of every gauge without labels, by name and label values. */
export class CountingMeter implements Meter {
  readonly #sums = new Map<string, number>();
  readonly #values = new Map<string, number>();

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

  /** What a gauge without labels was last set to. */
  value(name: string): number | undefined {
    return this.#values.get(name);
  }

  gauge({ name }: MetricOptions): Gauge {
    return {
      set: (value) => {
        this.#values.set(name, value);
      },
    };
  }

  histogram(): Histogram {
    return { observe: () => undefined };
  }
}
