/** Pulling identities that no claim has brought: Fabric's peers attach theirs for a short time after their start only. */
import type { IdentityRecord, PeerId } from "./claims.ts";
import { PULL_ITEMS_MAX } from "./limits.ts";
import type { MeshContext } from "./mesh-context.ts";
import { PullRounds, PullService } from "./pull.ts";

export class IdentityExchange {
  readonly #context: MeshContext;
  readonly #pull: PullRounds;
  readonly #service: PullService;

  constructor(context: MeshContext) {
    this.#context = context;
    this.#pull = new PullRounds(context.options, context.random);
    this.#service = new PullService(context.options);
  }

  ask(peers: readonly PeerId[], nowMs: number): void {
    if (peers.length === 0) return;
    for (const { to, nonce } of this.#pull.begin(peers, nowMs)) {
      this.#context.send(to, { kind: "identity-hello", nonce });
    }
  }

  takeDigest(from: PeerId, nonce: string, peers: readonly PeerId[], nowMs: number): void {
    this.#pull.digest(from, nonce, peers, (peer) => this.#lacks(peer));
    this.request(nowMs);
  }

  get nextDueMs(): number {
    return this.#pull.digestsUntilMs;
  }

  /** Asks for what the digests have offered, as far as it is time to. */
  request(nowMs: number): void {
    for (const { to, nonce, items } of this.#pull.requests(nowMs)) {
      this.#context.send(to, { kind: "identity-request", nonce, peers: items });
    }
  }

  /** True once for each update that was asked for. */
  expects(from: PeerId, nonce: string, nowMs: number): boolean {
    return this.#pull.expects(from, nonce, nowMs);
  }

  answerHello(from: PeerId, nonce: string, nowMs: number): void {
    if (!this.#service.hello(from, nonce, nowMs)) return;
    const peers = this.#tellable(from)
      .slice(0, PULL_ITEMS_MAX)
      .map(({ peer }) => peer);
    if (peers.length > 0) this.#context.send(from, { kind: "identity-digest", nonce, peers });
  }

  serve(from: PeerId, nonce: string, peers: readonly PeerId[], nowMs: number): void {
    if (!this.#service.request(from, nonce, nowMs)) return;
    const asked = new Set(peers.slice(0, PULL_ITEMS_MAX));
    const identities = this.#tellable(from).flatMap(({ peer, sealed }) =>
      sealed !== undefined && asked.has(peer) ? [sealed] : [],
    );
    if (identities.length > 0) {
      this.#context.send(from, { kind: "identity-update", nonce, identities });
    }
  }

  /** The claims of members that answer probes carry their identities. */
  #lacks(peer: PeerId): boolean {
    const { self, identities } = this.#context;
    return peer !== self.peer && !this.#context.answersProbes(peer) && !identities.hasSealed(peer);
  }

  /** The identities that `to` may learn: another organisation those of the members that it may know of. */
  #tellable(to: PeerId): readonly IdentityRecord[] {
    const { self, identities, membership, own } = this.#context;
    const toMspId = this.#context.mspIdOf(to);
    if (toMspId === undefined) return [];
    const all = identities.transferable();
    if (toMspId === self.mspId) return all;
    return all.filter(({ peer }) => {
      const facts = peer === self.peer ? own.facts : membership.claimOf(peer);
      return facts !== undefined && this.#context.mayTell(facts, toMspId);
    });
  }
}
