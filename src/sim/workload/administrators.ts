import type { Random } from "../../kernel/ports/random.ts";
import type { NodeName, Outcome, SimPorts } from "../contracts.ts";

export interface AdministrationOptions {
  /** Mean time between two changes of the consenters; `undefined`: none. */
  readonly consenterChangeMs: number | undefined;
  /** Peers that join the channel, each once, at some time of the chaos. */
  readonly joiners: readonly NodeName[];
  readonly chaosMs: number;
}

/** No fewer consenters than these are left. */
const CONSENTERS_MIN = 2;

/** Pause before what has failed is tried again. */
const RETRY_MS = 1_000;

/**
 * Administrators: they take consenters out and in again, one at a time, and let peers join. When the chaos is over they
 * finish what they began, so that the network ends with everybody in it.
 */
export class Administrators {
  readonly #ports: SimPorts;
  readonly #options: AdministrationOptions;
  readonly #random: Random;
  /** The consenter that is out, or may be: whoever asked to take it out does not know more. */
  #out: NodeName | undefined;
  #isStopped = false;

  constructor(ports: SimPorts, options: AdministrationOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#random = ports.random("administrators");
  }

  /** Resolves when, after `stop`, everybody is back in. */
  async run(): Promise<void> {
    const joins = this.#options.joiners.map((peer) => this.#join(peer));
    await Promise.all([this.#changeConsenters(), ...joins]);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #changeConsenters(): Promise<void> {
    const { consenterChangeMs } = this.#options;
    if (consenterChangeMs === undefined) return;
    while (!this.#isStopped || this.#out !== undefined) {
      const waitMs = this.#isStopped ? RETRY_MS : 1 + this.#random.below(2 * consenterChangeMs);
      await this.#pause(waitMs);
      if (this.#out !== undefined) await this.#putBack(this.#out);
      else if (!this.#isStopped) await this.#takeOut();
    }
  }

  async #takeOut(): Promise<void> {
    const { orderers } = this.#ports.target;
    const node = orderers[this.#random.below(orderers.length)];
    if (node === undefined || orderers.length <= CONSENTERS_MIN) return;
    this.#out = node;
    const outcome = await this.#ports.clients.changeConsenters({ remove: node });
    this.#tell(`remove consenter ${node}`, outcome);
    if (outcome.kind === "refused") this.#out = undefined;
  }

  async #putBack(node: NodeName): Promise<void> {
    const outcome = await this.#ports.clients.changeConsenters({ add: node });
    this.#tell(`add consenter ${node}`, outcome);
    if (outcome.kind === "acknowledged") this.#out = undefined;
  }

  async #join(peer: NodeName): Promise<void> {
    await this.#pause(this.#random.below(this.#options.chaosMs));
    for (;;) {
      const outcome = await this.#ports.clients.joinPeer(peer);
      this.#tell(`join ${peer}`, outcome);
      if (outcome.kind === "acknowledged") return;
      await this.#pause(RETRY_MS);
    }
  }

  #tell(what: string, outcome: Outcome): void {
    this.#ports.trace("admin", `${what}: ${outcome.kind}`);
    this.#ports.sometimes(`${what.split(" ")[0] ?? ""}: ${outcome.kind}`);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ports.time.after(ms, resolve);
    });
  }
}
