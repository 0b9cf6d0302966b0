import type { Random } from "../../src/kernel/ports/random.ts";
import type { AliveClaim, PeerId, SealedMessage, Self } from "./claims.ts";
import { disclosed, mayDisclose } from "./disclosure.ts";
import type { IdentityStore } from "./identity-store.ts";
import type { Membership } from "./membership.ts";
import type { MeshEffect } from "./mesh-event.ts";
import type { MeshMessage } from "./messages.ts";
import type { GossipOptions } from "./options.ts";
import type { OwnAlive } from "./own-alive.ts";

/** What the parts of the mesh share. */
export class MeshContext {
  readonly random: Random;
  readonly self: Self;
  readonly options: GossipOptions;
  readonly membership: Membership;
  readonly identities: IdentityStore;
  readonly own: OwnAlive;
  readonly emit: (effect: MeshEffect) => void;

  constructor(parts: {
    readonly random: Random;
    readonly self: Self;
    readonly options: GossipOptions;
    readonly membership: Membership;
    readonly identities: IdentityStore;
    readonly own: OwnAlive;
    readonly emit: (effect: MeshEffect) => void;
  }) {
    this.random = parts.random;
    this.self = parts.self;
    this.options = parts.options;
    this.membership = parts.membership;
    this.identities = parts.identities;
    this.own = parts.own;
    this.emit = parts.emit;
  }

  send(to: PeerId, message: MeshMessage): void {
    this.emit({ kind: "send", to, message });
  }

  /** The organisation of a peer that has been heard of or has proved who it is. */
  mspIdOf(peer: PeerId): string | undefined {
    return this.membership.claimOf(peer)?.mspId ?? this.identities.get(peer)?.mspId;
  }

  /** Where a member, alive or dead, is dialled: inside the organisation where possible. */
  endpointOf(peer: PeerId): string | undefined {
    const claim = this.membership.claimOf(peer);
    const endpoint = claim?.internalEndpoint ?? claim?.externalEndpoint;
    return endpoint === "" ? undefined : endpoint;
  }

  /** Whether peers of an organisation may learn of the owner of a claim. */
  mayTell(claim: Pick<AliveClaim, "mspId" | "externalEndpoint">, toMspId: string): boolean {
    return mayDisclose(claim, { ownMspId: this.self.mspId, toMspId });
  }

  /** The claim as peers of an organisation may see it. */
  told(
    claim: Pick<AliveClaim, "mspId" | "externalEndpoint" | "sealed">,
    toMspId: string,
  ): SealedMessage {
    return disclosed(claim, { ownMspId: this.self.mspId, toMspId });
  }

  /** Sends a claim to a peer, if that may know of its owner. */
  show(claim: AliveClaim, to: PeerId): void {
    const mspId = this.mspIdOf(to);
    if (mspId === undefined || !this.mayTell(claim, mspId)) return;
    this.send(to, { kind: "alive", sealed: this.told(claim, mspId) });
  }

  /** Members alive, this peer included. */
  get memberCount(): number {
    return this.membership.alive().length + 1;
  }

  /** Whether `peer` is a member that answers probes. */
  answersProbes(peer: PeerId): boolean {
    return this.membership.claimOf(peer)?.rebuttals !== undefined;
  }
}
