import type { MetricLabels } from "../../kernel/ports/meter.ts";

/** Label sets of one metric. Those that come later are counted together, with "other" for every label. */
const SERIES_MAX = 1_000;
/** UTF-16 units of a label's value. A longer one is cut. */
const LABEL_LENGTH_MAX = 256;

/** One of a metric's label sets, and what was measured under it. */
export interface Series<T> {
  readonly labels: Readonly<Record<string, string>>;
  readonly measured: T;
}

/** Keeps the label sets of a metric few and short: some values are of a client's choosing, and every set is kept for good. */
export class BoundedSeries<T> {
  readonly #begin: (labels: Record<string, string>) => T;
  readonly #all: Series<T>[] = [];
  // By labels in the order of the call: a set that comes in two orders is here twice.
  readonly #known = new Map<string, Series<T>>();
  #rest: Series<T> | undefined;

  /** `begin` makes what is measured under a new label set, and may refuse it. */
  constructor(begin: (labels: Record<string, string>) => T) {
    this.#begin = begin;
  }

  /** Each label set once. */
  all(): readonly Series<T>[] {
    return this.#all;
  }

  of(labels: MetricLabels): T {
    return (this.#known.get(keyOf(labels)) ?? this.#add(labels)).measured;
  }

  #add(labels: MetricLabels): Series<T> {
    const sorted = Object.fromEntries(
      Object.keys(labels)
        .sort()
        .map((name) => [name, shortLabel(labels[name])]),
    );
    const known = this.#known.get(keyOf(sorted));
    if (known === undefined && this.#all.length >= SERIES_MAX) return this.#other(labels);
    const series = known ?? this.#made(orderedAs(labels, sorted));
    this.#known.set(keyOf(sorted), series);
    this.#known.set(keyOf(labels), series);
    return series;
  }

  #other(labels: MetricLabels): Series<T> {
    const names = Object.keys(labels);
    this.#rest ??= this.#made(Object.fromEntries(names.map((name) => [name, "other"])));
    return this.#rest;
  }

  #made(labels: Record<string, string>): Series<T> {
    const series = { labels, measured: this.#begin(labels) };
    this.#all.push(series);
    return series;
  }
}

// With its length before it no value can pass for two.
function keyOf(labels: MetricLabels): string {
  let key = "";
  for (const name in labels) {
    const value = shortLabel(labels[name]);
    key += `${name}=${value.length}:${value}`;
  }
  return key;
}

function orderedAs(
  labels: MetricLabels,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, values[name] ?? ""]));
}

function shortLabel(value = ""): string {
  return value.length > LABEL_LENGTH_MAX ? value.slice(0, LABEL_LENGTH_MAX) : value;
}
