/** What a node says of itself at its metrics endpoint. */
import type { NodeStatus } from "./node-status.ts";

export interface NodeFigures {
  /** Blocks in the channel's ledger. */
  readonly height: number | undefined;
  /** Undefined at peers. */
  readonly isLeader: boolean | undefined;
  /** Peers that this peer's gossip knows in the channel, without itself. Undefined at orderers. */
  readonly otherPeerCount: number | undefined;
}

const TIMEOUT_MS = 2_000;

/** Undefined when the node does not answer. */
export async function readNodeFigures(
  node: NodeStatus,
  channelId: string,
): Promise<NodeFigures | undefined> {
  try {
    const response = await fetch(
      `http://${node.operationsAddress.replace("localhost", "127.0.0.1")}/metrics`,
      {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    return figuresIn(await response.text(), channelId);
  } catch {
    return undefined;
  }
}

/** From the text of a node's metrics. */
export function figuresIn(text: string, channelId: string): NodeFigures {
  const leader = metric(text, "consensus_etcdraft_is_leader", channelId);
  return {
    height: metric(text, "ledger_blockchain_height", channelId),
    isLeader: leader === undefined ? undefined : leader === 1,
    otherPeerCount: metric(text, "gossip_membership_total_peers_known", channelId),
  };
}

function metric(text: string, name: string, channelId: string): number | undefined {
  const line = text
    .split("\n")
    .find(
      (candidate) =>
        candidate.startsWith(`${name}{`) && candidate.includes(`channel="${channelId}"`),
    );
  const value = line?.slice(line.lastIndexOf(" ") + 1);
  return value === undefined ? undefined : Number(value);
}
