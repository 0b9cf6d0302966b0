import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type {
  Counter as CounterPort,
  Gauge as GaugePort,
  Histogram as HistogramPort,
  HistogramOptions,
  Meter,
  MetricLabels,
  MetricOptions,
} from "../../kernel/ports/meter.ts";

/** Label sets of one metric. Those that come later are counted together, with "other" for every label. */
const SERIES_MAX = 1_000;
/** UTF-16 units of a label's value. A longer one is cut. */
const LABEL_LENGTH_MAX = 256;

/** The metrics of one node, in a registry of its own so that several nodes can share a process. */
export class PrometheusMeter implements Meter {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, unknown>();

  /** `process`: also report the process's own memory, CPU and event-loop figures. */
  constructor(options: { readonly process: boolean }) {
    if (options.process) collectDefaultMetrics({ register: this.#registry });
  }

  counter(options: MetricOptions): CounterPort {
    return this.#once(options.name, () => {
      const metric = new Counter(this.#configuration(options));
      const series = new BoundedSeries();
      return {
        add: (value: number, labels: MetricLabels = {}): void => {
          metric.inc(series.bound(labels), value);
        },
      };
    });
  }

  gauge(options: MetricOptions): GaugePort {
    return this.#once(options.name, () => {
      const metric = new Gauge(this.#configuration(options));
      const series = new BoundedSeries();
      return {
        set: (value: number, labels: MetricLabels = {}): void => {
          metric.set(series.bound(labels), value);
        },
      };
    });
  }

  histogram(options: HistogramOptions): HistogramPort {
    return this.#once(options.name, () => {
      const buckets = options.buckets === undefined ? {} : { buckets: [...options.buckets] };
      const metric = new Histogram({ ...this.#configuration(options), ...buckets });
      const series = new BoundedSeries();
      return {
        observe: (value: number, labels: MetricLabels = {}): void => {
          metric.observe(series.bound(labels), value);
        },
      };
    });
  }

  /** Prometheus' text format and its content type. */
  async expose(): Promise<{ readonly text: string; readonly contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  #once<M>(name: string, make: () => M): M {
    const known = this.#metrics.get(name) as M | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#metrics.set(name, made);
    return made;
  }

  #configuration(options: MetricOptions): {
    name: string;
    help: string;
    labelNames: string[];
    registers: Registry[];
  } {
    return {
      name: options.name,
      help: options.help,
      labelNames: [...(options.labels ?? [])],
      registers: [this.#registry],
    };
  }
}

/** Keeps the label sets of a metric few and short: some values are of a client's choosing, and every set is kept for good. */
class BoundedSeries {
  readonly #known = new Map<string, Record<string, string>>();

  bound(labels: MetricLabels): Record<string, string> {
    let key = "";
    // With its length before it no value can pass for two.
    for (const name in labels) {
      const value = shortLabel(labels[name]);
      key += `${name}=${value.length}:${value}`;
    }
    return this.#known.get(key) ?? this.#add(key, labels);
  }

  #add(key: string, labels: MetricLabels): Record<string, string> {
    const isFull = this.#known.size >= SERIES_MAX;
    const entries = Object.entries(labels).map(([name, value]): [string, string] => [
      name,
      isFull ? "other" : shortLabel(value),
    ]);
    const bounded = Object.fromEntries(entries);
    if (!isFull) this.#known.set(key, bounded);
    return bounded;
  }
}

function shortLabel(value = ""): string {
  return value.length > LABEL_LENGTH_MAX ? value.slice(0, LABEL_LENGTH_MAX) : value;
}
