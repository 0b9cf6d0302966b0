import type { PeerId } from "./claims.ts";

/** What a channel needs to know of a peer. */
export interface PeerFacts {
  readonly peer: PeerId;
  readonly mspId: string;
  readonly externalEndpoint: string;
  /** Undefined: it answers no probes, and speaks as Fabric's peers do. */
  readonly rebuttals: number | undefined;
}

/** Who is alive, of whatever channel: the part of the mesh that a channel looks at. */
export interface PeerDirectory {
  alive(): readonly PeerFacts[];
  isAlive(peer: PeerId): boolean;
  claimOf(peer: PeerId): PeerFacts | undefined;
}
