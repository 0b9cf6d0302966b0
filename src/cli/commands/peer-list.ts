import {
  DevelopmentNetwork,
  NetworkError,
  readMembers,
  type Member,
  type NodeStatus,
} from "../../network/index.ts";
import { Output } from "../output.ts";
import { formatTable } from "../table.ts";
import type { PeerListOptions } from "../peer-options.ts";

/** A member, and what is known of its process here. */
interface ListedPeer extends Omit<Member, "isSelf"> {
  /** As the network's folder has it; empty for a peer of elsewhere. */
  readonly name: string;
  /** `alive`: gossip hears of it. `silent`: its process runs, gossip does not. `down`: neither. */
  readonly health: "alive" | "silent" | "down";
}

export async function peerList(options: PeerListOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const channelId = options.channel ?? network.topology.channelId;
  const asked =
    options.peer === undefined
      ? (await network.runningPeers())[0]
      : network.peer(options.peer).site;
  if (asked === undefined) {
    throw new NetworkError("not running", "no peer of the network runs; start it with `heddle up`");
  }
  const { members } = await readMembers(asked, channelId);
  const nodes = (await network.status()).filter(({ role }) => role === "peer");
  const peers = [...members.map((member) => listed(member, nodes)), ...absent(members, nodes)];
  const rows = peers.map((peer) => [
    peer.name,
    peer.mspId,
    peer.endpoint,
    peer.health === "alive" ? output.good(peer.health) : output.bad(peer.health),
    peer.health === "alive" ? String(peer.height) : "",
    peer.health === "alive" ? String(peer.lag) : "",
    peer.chaincodes.map(({ name, version }) => `${name}@${version}`).join(" "),
    peer.since ?? "",
  ]);
  const header = ["PEER", "MSP", "ENDPOINT", "HEALTH", "HEIGHT", "LAG", "CHAINCODES", "SINCE"];
  output.result(
    { channelId, askedPeer: asked.name, peers },
    `${formatTable(header, rows)}\nas ${asked.name} sees channel ${channelId}`,
  );
}

function listed(member: Member, nodes: readonly NodeStatus[]): ListedPeer {
  const { mspId, endpoint, height, lag, chaincodes, since } = member;
  const name = nodes.find((node) => isAt(node, endpoint))?.name ?? "";
  return { name, mspId, endpoint, height, lag, chaincodes, since, health: "alive" };
}

function absent(members: readonly Member[], nodes: readonly NodeStatus[]): readonly ListedPeer[] {
  return nodes
    .filter((node) => !members.some(({ endpoint }) => isAt(node, endpoint)))
    .map(({ name, mspId, address, pid }) => ({
      name,
      mspId,
      endpoint: endpointOf({ name, address }),
      height: 0,
      lag: 0,
      chaincodes: [],
      since: null,
      health: pid === undefined ? "down" : "silent",
    }));
}

function isAt(node: NodeStatus, endpoint: string): boolean {
  return endpointOf(node) === endpoint;
}

// Nodes are dialled by their names; `address` is the port at this machine.
function endpointOf({ name, address }: Pick<NodeStatus, "name" | "address">): string {
  return `${name}${address.slice(address.lastIndexOf(":"))}`;
}
