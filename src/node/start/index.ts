/** Builds nodes from ports, for hosts that bring a world of their own. Apart from the module's door: it loads all of a node. */
export { startOrderer } from "../orderer.ts";
export { startPeer } from "../peer.ts";
export { RenewableSigner } from "../renewable-signer.ts";
export type { OrdererConfig, PeerConfig } from "../config.ts";
export type { RunningOrderer, RunningPeer } from "../running-host.ts";
export type { Listener, PeerWorld } from "../world.ts";
