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
      return {
        add: (value: number, labels: MetricLabels = {}): void => {
          metric.inc(labels, value);
        },
      };
    });
  }

  gauge(options: MetricOptions): GaugePort {
    return this.#once(options.name, () => {
      const metric = new Gauge(this.#configuration(options));
      return {
        set: (value: number, labels: MetricLabels = {}): void => {
          metric.set(labels, value);
        },
      };
    });
  }

  histogram(options: HistogramOptions): HistogramPort {
    return this.#once(options.name, () => {
      const buckets = options.buckets === undefined ? {} : { buckets: [...options.buckets] };
      const metric = new Histogram({ ...this.#configuration(options), ...buckets });
      return {
        observe: (value: number, labels: MetricLabels = {}): void => {
          metric.observe(labels, value);
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
