import {
  Histogram,
  type HistogramConfiguration,
  type MetricObjectWithValues,
  type MetricValueWithName,
} from "prom-client";
import { assert } from "../../kernel/assert.ts";
import type { MetricLabels } from "../../kernel/ports/meter.ts";
import { BoundedSeries, type Series } from "./series.ts";

interface Distribution {
  /** Observations up to each bound and above the one before. Those above all bounds are in `count` alone. */
  readonly counts: number[];
  sum: number;
  count: number;
}

type Exposed = MetricObjectWithValues<MetricValueWithName<string>>;

/**
 * A histogram that finds a label set by one look into a map. prom-client's own checks, sorts and hashes the labels at every
 * observation, which a node makes several times for each transaction.
 */
export class SeriesHistogram extends Histogram {
  readonly #bounds: readonly number[];
  readonly #series: BoundedSeries<Distribution>;

  /** `bounds` are ascending. */
  constructor(configuration: HistogramConfiguration<string>, bounds: readonly number[]) {
    super({ ...configuration, buckets: [...bounds] });
    this.#bounds = bounds;
    const names = new Set(configuration.labelNames);
    this.#series = new BoundedSeries((labels) => {
      assert(
        Object.keys(labels).every((name) => names.has(name)),
        `a label of ${configuration.name} has a name that was not declared`,
      );
      return { counts: bounds.map(() => 0), sum: 0, count: 0 };
    });
    // Without labels it shows from the beginning.
    if (names.size === 0) this.#series.of({});
  }

  add(value: number, labels: MetricLabels): void {
    assert(Number.isFinite(value), "what is measured is a number");
    const distribution = this.#series.of(labels);
    distribution.sum += value;
    distribution.count += 1;
    for (let place = 0; place < this.#bounds.length; place += 1) {
      if (value > (this.#bounds[place] ?? 0)) continue;
      distribution.counts[place] = (distribution.counts[place] ?? 0) + 1;
      return;
    }
  }

  override get(): Promise<Exposed> {
    const values = this.#series.all().flatMap((series) => this.#exposed(series));
    const { name, help } = this.#described;
    const described = { name, help, type: "histogram", aggregator: "sum", values };
    return Promise.resolve(described as unknown as Exposed);
  }

  /** What prom-client asks for the text format. */
  getForPromString(): Promise<Exposed> {
    return this.get();
  }

  get #described(): { readonly name: string; readonly help: string } {
    return this as unknown as { readonly name: string; readonly help: string };
  }

  #exposed({ labels, measured }: Series<Distribution>): MetricValueWithName<string>[] {
    const { name } = this.#described;
    let below = 0;
    const buckets = this.#bounds.map((le, place) => {
      below += measured.counts[place] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
    });
    const { sum, count } = measured;
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { le: "+Inf", ...labels }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
