import {
  linkTo,
  NO_FAULTS,
  type ClockFaults,
  type DiskFaults,
  type Failpoint,
  type FaultSettings,
  type LinkFaults,
} from "./fault-settings.ts";

/** Told when the settings change, and when connections are to be reset. */
export interface FaultListener {
  changed(): void;
  reset(peer: string): void;
}

/** The faults of one node that are in force: set by whoever tests it, asked by what wraps its network and its disk. */
export class Faults {
  readonly #listeners = new Set<FaultListener>();
  #settings: FaultSettings = NO_FAULTS;

  get settings(): FaultSettings {
    return this.#settings;
  }

  get disk(): DiskFaults {
    return this.#settings.disk;
  }

  get clock(): ClockFaults {
    return this.#settings.clock;
  }

  get failpoints(): readonly Failpoint[] {
    return this.#settings.failpoints;
  }

  link(peer: string): LinkFaults {
    return linkTo(this.#settings, peer);
  }

  /** Replaces all that was in force. */
  apply(settings: FaultSettings): void {
    this.#settings = settings;
    for (const listener of [...this.#listeners]) listener.changed();
  }

  /** Breaks the calls that are open to `peer`, once. */
  reset(peer: string): void {
    for (const listener of [...this.#listeners]) listener.reset(peer);
  }

  /** Answers how to stop listening. */
  subscribe(listener: FaultListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
