export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricOptions {
  /** Prometheus name with its unit: `ledger_block_processing_time`, `…_total`. */
  readonly name: string;
  readonly help: string;
  /** Names of the labels; their values must be of low cardinality. */
  readonly labels?: readonly string[];
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds in the metric's unit, ascending. Default: Prometheus' own, for seconds. */
  readonly buckets?: readonly number[];
}

export interface Counter {
  add(value: number, labels?: MetricLabels): void;
}

export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}

export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

/** Makes metrics of one node. Asking twice for one name gives the same metric. */
export interface Meter {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
}

const ignore = (): void => undefined;

/** Measures nothing. */
export const silentMeter: Meter = {
  counter: (): Counter => ({ add: ignore }),
  gauge: (): Gauge => ({ set: ignore }),
  histogram: (): Histogram => ({ observe: ignore }),
};
