/** What a node says of itself at its operations endpoint. */
import { z } from "zod";
import type { NodeStatus } from "./node-status.ts";

export interface NodeFigures {
  /** Blocks in the channel's ledger. */
  readonly height: number | undefined;
  /** Undefined at peers. */
  readonly isLeader: boolean | undefined;
  /** Peers that this peer's gossip knows in the channel, without itself. Undefined at orderers. */
  readonly otherPeerCount: number | undefined;
  /** What the node's health report complains of; absent when only its metrics were read. */
  readonly complaints?: readonly string[];
}

const TIMEOUT_MS = 2_000;

/** Undefined when the node does not answer. */
export async function readNodeFigures(
  node: NodeStatus,
  channelId: string,
): Promise<NodeFigures | undefined> {
  const base = `http://${node.operationsAddress.replace("localhost", "127.0.0.1")}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const text = await (await fetch(`${base}/metrics`, { signal })).text();
    return {
      ...figuresIn(text, channelId),
      complaints: await complaintsOf(`${base}/healthz`, signal),
    };
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

const healthSchema = z.object({
  failed_checks: z.array(z.object({ component: z.string(), reason: z.string() })).optional(),
});

// A report that does not come in time says nothing of the rest.
async function complaintsOf(url: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const report: unknown = await (await fetch(url, { signal })).json();
    const { failed_checks: failed = [] } = healthSchema.parse(report);
    return failed.map(({ component, reason }) => `${component}: ${reason}`);
  } catch {
    return [];
  }
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
