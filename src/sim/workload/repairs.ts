import type { NodeName, SimPorts } from "../contracts.ts";

/** How soon operators notice. */
const LOOK_MS = 3_000;

/**
 * Operators see to what heals by no power: a peer that lost its disk lost the packages of its contracts too, and without them
 * its organisation soon endorses nothing.
 */
export class Repairs {
  readonly #ports: SimPorts;
  readonly #install: (peer: NodeName) => void;
  /** Disks that a peer had lost when its packages were installed last. */
  readonly #repaired = new Map<NodeName, number>();
  #isStopped = false;

  /** `install` sees to it that the peer has the packages, however long that takes. */
  constructor(ports: SimPorts, install: (peer: NodeName) => void) {
    this.#ports = ports;
    this.#install = install;
  }

  /** Looks now, and again and again until `stop`. */
  run(): void {
    this.look();
    this.#ports.time.after(LOOK_MS, () => {
      if (!this.#isStopped) this.run();
    });
  }

  look(): void {
    for (const { name, isUp, ledgersLost } of this.#ports.view().peers) {
      if (!isUp || (this.#repaired.get(name) ?? 0) === ledgersLost) continue;
      this.#repaired.set(name, ledgersLost);
      this.#install(name);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }
}
