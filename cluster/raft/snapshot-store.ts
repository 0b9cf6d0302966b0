import { assert } from "../../src/kernel/assert.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The latest snapshot, for followers that need what the log no longer holds, and the way of a received one:
 *
 *     received ──taken──▶ with the driver ──installed──▶ held by the application
 *
 * Until it is installed the application is behind its own log: nothing is handed out, and the node does not campaign.
 */
export class SnapshotStore {
  #latest: Snapshot;
  #toHandOut: Snapshot | undefined;
  #installingIndex: number | undefined;

  constructor(latest: Snapshot) {
    this.#latest = latest;
  }

  get latest(): Snapshot {
    return this.#latest;
  }

  /** Index of the received snapshot that the application does not hold yet. */
  get installingIndex(): number | undefined {
    return this.#installingIndex;
  }

  hasToHandOut(): boolean {
    return this.#toHandOut !== undefined;
  }

  /** From the leader. An earlier one that is still on its way is superseded. */
  receive(snapshot: Snapshot): void {
    assert(snapshot.index > this.#latest.index, "only what is new is received");
    this.#latest = snapshot;
    this.#toHandOut = snapshot;
    this.#installingIndex = snapshot.index;
  }

  /** The one to be written next. */
  take(): Snapshot | undefined {
    const snapshot = this.#toHandOut;
    this.#toHandOut = undefined;
    return snapshot;
  }

  /** The application holds the snapshot of `index`. */
  installed(index: number): void {
    assert(this.#installingIndex !== undefined, "only what was received is installed");
    assert(index <= this.#installingIndex, "only what was handed out is installed");
    if (index === this.#installingIndex) {
      assert(!this.hasToHandOut(), "only what was handed out is installed");
      this.#installingIndex = undefined;
    }
  }

  /** Made here, of what is applied. */
  made(snapshot: Snapshot): void {
    assert(snapshot.index >= this.#latest.index, "the latest snapshot never goes back");
    this.#latest = snapshot;
  }
}
