/** Whom this peer calls by itself: bootstrap and anchor peers that it does not hear of, and some of the dead that no probe would reach. */
import type { PeerId } from "./claims.ts";
import { Contacts, type Seed } from "./contacts.ts";
import { REVIVALS_PER_INTERVAL_MAX } from "./limits.ts";
import type { MeshContext } from "./mesh-context.ts";
import { sampleWhere } from "./sampling.ts";

export class Dialling {
  readonly #context: MeshContext;
  readonly #contacts: Contacts;

  constructor(context: MeshContext) {
    this.#context = context;
    this.#contacts = new Contacts(context.self.peer, context.options.reconnectIntervalMs);
  }

  /** The endpoints of bootstrap and anchor peers from now on. */
  replaceSeeds(seeds: readonly Seed[]): void {
    this.#contacts.replace(seeds);
  }

  /** Somebody answered at a seed's endpoint. */
  reached(endpoint: string, peer: PeerId): void {
    this.#contacts.reached(endpoint, peer);
  }

  dialSeeds(nowMs: number): void {
    const { own, membership } = this.#context;
    // Whoever is reached is told of this peer: not before there is something to show.
    if (own.claim === undefined) return;
    const isServed = (seed: Seed, peer: PeerId | undefined): boolean =>
      (peer !== undefined && membership.isAlive(peer)) || this.#isMemberAt(seed);
    for (const seed of this.#contacts.due(nowMs, isServed)) {
      this.#context.emit({ kind: "dial-seed", seed });
    }
  }

  dialLost(): void {
    const { membership, random } = this.#context;
    const lost = sampleWhere(
      membership.dead(),
      REVIVALS_PER_INTERVAL_MAX,
      random,
      ({ claim }) => claim.rebuttals === undefined,
    );
    for (const { peer } of lost) {
      const endpoint = this.#context.endpointOf(peer);
      if (endpoint !== undefined) this.#context.emit({ kind: "dial-member", peer, endpoint });
    }
  }

  /** Whether a member of the organisation that must answer there has been heard of, which may have dialled this peer first. */
  #isMemberAt({ endpoint, mspId }: Seed): boolean {
    return this.#context.membership
      .alive()
      .some(
        (claim) =>
          claim.mspId === mspId &&
          (claim.internalEndpoint === endpoint || claim.externalEndpoint === endpoint),
      );
  }
}
