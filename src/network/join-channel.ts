/** Makes running peers members of a channel, as `peer channel join` does. */
import { readFile } from "node:fs/promises";
import { ChannelConfig } from "../channel/index.ts";
import { EMPTY_BYTES, utf8 } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import { Block, ChannelQueryResponse, decode, tryDecode } from "../wire/index.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import type { PeerSite } from "./topology.ts";

/** What became of the request at one peer. */
export interface JoinReport {
  readonly peer: string;
  readonly outcome: "joined" | "was a member" | "refused";
  /** Of a refusal. */
  readonly reason?: string;
}

/** Joins the channel of the block in `blockFile` at each of `peers`. Rejects when the file is not a block of `channelId`. */
export async function joinChannel(
  network: DevelopmentNetwork,
  request: { readonly channelId: string; readonly blockFile: string },
  peers: readonly PeerSite[],
): Promise<readonly JoinReport[]> {
  const bytes = await readGenesisBlock(request.blockFile, request.channelId);
  const reports: JoinReport[] = [];
  for (const peer of peers) reports.push(await joinAt(network, peer, bytes));
  return reports;
}

async function readGenesisBlock(path: string, channelId: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new NetworkError("unknown name", `cannot read the block ${path}`, { cause });
  });
  const block = tryDecode(Block, bytes);
  if (block === undefined) throw new NetworkError("refused", `${path} holds no block`);
  const found = ChannelConfig.fromBlock(block).channelId;
  if (found === channelId) return bytes;
  throw new NetworkError("refused", `${path} is of channel ${found}, not of ${channelId}`);
}

async function joinAt(
  network: DevelopmentNetwork,
  peer: PeerSite,
  block: Uint8Array,
): Promise<JoinReport> {
  try {
    await askAdmin(network, peer, [utf8("JoinChain"), block]);
    return { peer: peer.name, outcome: "joined" };
  } catch (error) {
    const reason = errorMessage(error);
    return reason.includes("already exists with state [ACTIVE]")
      ? { peer: peer.name, outcome: "was a member" }
      : { peer: peer.name, outcome: "refused", reason };
  }
}

/** The channels that a peer has joined. */
export async function joinedChannels(
  network: DevelopmentNetwork,
  peer: PeerSite,
): Promise<readonly string[]> {
  const payload = await askAdmin(network, peer, [utf8("GetChannels")]);
  return decode(ChannelQueryResponse, payload).channels.map(({ channelId }) => channelId);
}

async function askAdmin(
  network: DevelopmentNetwork,
  peer: PeerSite,
  args: readonly Uint8Array[],
): Promise<Uint8Array> {
  const { organization } = network.peer(peer.name);
  const admin = await network.client(organization, "Admin", peer);
  const proposal = await admin.prepare({ channelId: "", chaincode: "cscc", args });
  const { response } = await admin.propose(proposal, await network.connect(peer));
  return response?.payload ?? EMPTY_BYTES;
}
