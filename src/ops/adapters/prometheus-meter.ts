import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { assert } from "../../kernel/assert.ts";
import type {
  Counter as CounterPort,
  Gauge as GaugePort,
  Histogram as HistogramPort,
  HistogramOptions,
  Meter,
  MetricLabels,
  MetricOptions,
} from "../../kernel/ports/meter.ts";
import { SeriesHistogram } from "./series-histogram.ts";
import { BoundedSeries } from "./series.ts";

// Prometheus' own, for seconds.
const BUCKETS_DEFAULT = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one node, in a registry of its own so that several nodes can share a process. */
export class PrometheusMeter implements Meter {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, unknown>();

  /** `process`: also report the process's own memory, CPU and event-loop figures. */
  constructor(options: { readonly process: boolean }) {
    if (options.process) collectDefaultMetrics({ register: this.#registry });
  }

  // What is measured is kept here and handed to prom-client when somebody asks: it looks its label sets up more slowly.
  counter(options: MetricOptions): CounterPort {
    return this.#once(options.name, () => {
      const series = new BoundedSeries((labels) => {
        // Checks the names.
        metric.inc(labels, 0);
        return { total: 0 };
      });
      const metric = new Counter({
        ...this.#configuration(options),
        collect() {
          this.reset();
          for (const { labels, measured } of series.all()) this.inc(labels, measured.total);
        },
      });
      return {
        add: (value: number, labels: MetricLabels = {}): void => {
          assert(value >= 0, "a counter only grows");
          series.of(labels).total += value;
        },
      };
    });
  }

  gauge(options: MetricOptions): GaugePort {
    return this.#once(options.name, () => {
      const series = new BoundedSeries((labels) => {
        metric.set(labels, 0);
        return { value: 0 };
      });
      const metric = new Gauge({
        ...this.#configuration(options),
        collect() {
          for (const { labels, measured } of series.all()) this.set(labels, measured.value);
        },
      });
      return {
        set: (value: number, labels: MetricLabels = {}): void => {
          series.of(labels).value = value;
        },
      };
    });
  }

  histogram(options: HistogramOptions): HistogramPort {
    return this.#once(options.name, () => {
      const bounds = options.buckets ?? BUCKETS_DEFAULT;
      const metric = new SeriesHistogram(this.#configuration(options), bounds);
      return {
        observe: (value: number, labels: MetricLabels = {}): void => {
          metric.add(value, labels);
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
