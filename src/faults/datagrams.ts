/** Which messages are each for itself, as datagrams are: only they can come twice, or out of turn. Pure. */

/** Envelopes of gossip between peers. */
const GOSSIP_PATH = "/gossip.Gossip/GossipStream";
/** Messages between orderers: those of Raft, and transactions on their way to the leader, which are answered in turn. */
const STEP_PATH = "/orderer.Cluster/Step";

export type IsDatagram = (message: unknown) => boolean;

/** For the messages of a stream of the method at `path`. Undefined: every one of them must come once and in its turn. */
export function datagramsOf(path: string): IsDatagram | undefined {
  if (path === GOSSIP_PATH) return () => true;
  return path === STEP_PATH ? isConsensus : undefined;
}

// What is marshalled already is Raft's.
function isConsensus(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  if ("marshalled" in message) return true;
  const { payload } = message as { readonly payload?: { readonly $case?: string } };
  return payload?.$case === "consensusRequest";
}
