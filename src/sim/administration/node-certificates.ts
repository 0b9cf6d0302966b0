import type { Random } from "../../kernel/ports/random.ts";
import type { NodeName } from "../contracts.ts";
import { SHORT_CERTIFICATE_END_MS } from "../material.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { SometimesState } from "../sometimes.ts";

export interface CertifiedWorld {
  readonly clock: { wallMs(): number; after(ms: number, run: () => void): unknown };
  readonly nodes: ReadonlyMap<NodeName, SimulatedNode>;
  random(purpose: string): Random;
  trace(kind: string, text: string): void;
  sometimes(state: SometimesState): void;
}

/** How long before its end a certificate is renewed at the earliest, and over what time. */
const RENEWED_BEFORE_MS = 10_000;
const RENEWED_WITHIN_MS = 30_000;
/** One in so many is renewed when somebody asks at last. */
const LATE_IN = 3;

/**
 * Certificates of nodes that end while the network runs: what peers and orderers sign with, and what they present in TLS. Each is
 * renewed in time, soon after, or late: an orderer may read its new ones while it runs, a peer starts anew.
 */
export class NodeCertificates {
  readonly #world: CertifiedWorld;
  readonly #random: Random;
  readonly #late = new Set<SimulatedNode>();

  /** Before anything starts. `percent`: in 1/100, of all certificates. */
  constructor(world: CertifiedWorld, percent: number) {
    this.#world = world;
    this.#random = world.random("certificates of the nodes");
    for (const node of world.nodes.values()) this.#issue(node, percent);
  }

  /** Nodes whose certificates somebody has forgotten. */
  get areLate(): boolean {
    return this.#late.size > 0;
  }

  renewLate(): void {
    for (const node of this.#late) this.#renew(node);
    this.#late.clear();
  }

  #issue(node: SimulatedNode, percent: number): void {
    const ends = (): boolean => this.#random.below(100) < percent;
    const ending = { identity: ends(), tls: ends() };
    if (!ending.identity && !ending.tls) return;
    node.useEnding(ending);
    if (this.#random.below(LATE_IN) === 0) {
      this.#late.add(node);
      return;
    }
    const afterEndMs = this.#random.below(RENEWED_WITHIN_MS) - RENEWED_BEFORE_MS;
    const { clock } = this.#world;
    clock.after(SHORT_CERTIFICATE_END_MS + afterEndMs - clock.wallMs(), () => {
      this.#renew(node);
    });
  }

  #renew(node: SimulatedNode): void {
    const isInTime = this.#world.clock.wallMs() <= SHORT_CERTIFICATE_END_MS;
    const isReloaded = node.orderer !== undefined && this.#random.below(2) === 0;
    const how = isReloaded ? "reads them" : "starts";
    this.#world.trace("admin", `the certificates of ${node.name} are renewed: it ${how} again`);
    this.#world.sometimes(
      isInTime ? "certificate was renewed in time" : "certificate was renewed after its end",
    );
    node.renewEnding();
    if (isReloaded) {
      node.reload();
      return;
    }
    node.crash({ power: false });
    node.start();
  }
}
