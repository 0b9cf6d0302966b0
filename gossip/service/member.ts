import type { GossipEnvelope } from "../../src/wire/index.ts";
import type { Channel, Mesh, RunnableChaincode, SealedMessage, Self } from "../core/index.ts";
import { toEnvelope } from "./gossip-message.ts";
import { pkiIdOfPeer } from "./peer-identity.ts";

/** A peer of a channel that is alive, as discovery and the gateway see it. */
export interface GossipMember {
  readonly pkiId: Uint8Array;
  readonly mspId: string;
  /** `host:port` where this peer reaches it: inside the own organisation its internal endpoint. May be empty. */
  readonly endpoint: string;
  /** Marshalled `msp.SerializedIdentity`. */
  readonly identity: Uint8Array;
  /** Count of blocks of its ledger. */
  readonly height: number;
  readonly chaincodes: readonly RunnableChaincode[];
  /** As its owner signed it, without the endpoint that only its organisation may know. */
  readonly aliveEnvelope: GossipEnvelope;
  readonly stateInfoEnvelope: GossipEnvelope;
  readonly isSelf: boolean;
}

interface Own {
  readonly self: Self;
  readonly pkiId: Uint8Array;
  readonly identity: Uint8Array;
  readonly endpoint: string;
}

/** This peer, once it has signed what it says of itself, and the members that it knows, in the order it got to know them. */
export function membersOf(mesh: Mesh, channel: Channel, own: Own): readonly GossipMember[] {
  return [...ownMember(mesh, channel, own), ...otherMembers(mesh, channel)];
}

function ownMember(mesh: Mesh, channel: Channel, own: Own): readonly GossipMember[] {
  const { ownAlive } = mesh;
  const { ownState } = channel;
  if (ownAlive === undefined || ownState === undefined) return [];
  return [
    {
      pkiId: own.pkiId,
      mspId: own.self.mspId,
      endpoint: own.endpoint,
      identity: own.identity,
      height: channel.height,
      chaincodes: channel.chaincodes,
      aliveEnvelope: published(ownAlive),
      stateInfoEnvelope: toEnvelope(ownState),
      isSelf: true,
    },
  ];
}

function otherMembers(mesh: Mesh, channel: Channel): readonly GossipMember[] {
  const members: GossipMember[] = [];
  for (const state of channel.members()) {
    const alive = mesh.claimOf(state.peer);
    const identity = mesh.identity(state.peer);
    if (alive === undefined || identity === undefined) continue;
    members.push({
      pkiId: pkiIdOfPeer(state.peer),
      mspId: state.mspId,
      endpoint: mesh.endpointOf(state.peer) ?? "",
      identity: identity.serialized,
      height: state.height,
      chaincodes: state.chaincodes,
      aliveEnvelope: published(alive.sealed),
      stateInfoEnvelope: toEnvelope(state.sealed),
      isSelf: false,
    });
  }
  return members;
}

function published(sealed: SealedMessage): GossipEnvelope {
  return { ...toEnvelope(sealed), secretEnvelope: undefined };
}
