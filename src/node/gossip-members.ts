/** `GET /gossip/members?channel=mychannel`: the peers of a channel as this peer knows them. */
import type { GossipMember, GossipService } from "../../gossip/service/index.ts";
import { GossipMessage, tryDecode } from "../wire/index.ts";

export const GOSSIP_MEMBERS_PATH = "/gossip/members";

const NANOS_PER_MS = 1_000_000n;
const DATE_MS_MAX = 8.64e15;

/** One peer of the answer's `members`, this peer first. */
export interface MemberDocument {
  readonly mspId: string;
  /** Empty where the peer keeps it to its own organisation. */
  readonly endpoint: string;
  readonly height: number;
  /** Blocks behind the highest member. */
  readonly lag: number;
  /** With sequences as versions. */
  readonly chaincodes: readonly { readonly name: string; readonly version: string }[];
  readonly isSelf: boolean;
  /** When the peer's process began, by its own clock (ISO 8601); null where it says none. */
  readonly since: string | null;
}

/** Without a channel that the peer has joined: 404, and the channels that it has. */
export function gossipMembers(
  gossip: Pick<GossipService, "members">,
  channels: { channelIds(): readonly string[] },
  query: URLSearchParams,
): { readonly status: number; readonly body: unknown } {
  const channelId = query.get("channel") ?? "";
  const channelIds = channels.channelIds();
  if (!channelIds.includes(channelId)) {
    return { status: 404, body: { error: "no such channel; name one with ?channel=", channelIds } };
  }
  const members = gossip.members(channelId);
  const heightMax = Math.max(0, ...members.map(({ height }) => height));
  return {
    status: 200,
    body: { channelId, members: members.map((member) => documentOf(member, heightMax)) },
  };
}

function documentOf(member: GossipMember, heightMax: number): MemberDocument {
  const { mspId, endpoint, height, isSelf } = member;
  const chaincodes = member.chaincodes.map(({ name, version }) => ({ name, version }));
  const lag = heightMax - height;
  return { mspId, endpoint, height, lag, chaincodes, isSelf, since: startOf(member) };
}

// A peer's incarnation is the time of its start in nanoseconds.
function startOf({ aliveEnvelope }: GossipMember): string | null {
  const content = tryDecode(GossipMessage, aliveEnvelope.payload)?.content;
  if (content?.$case !== "aliveMsg") return null;
  const { timestamp } = content.value;
  if (timestamp === undefined) return null;
  const startMs = Number(BigInt(timestamp.incNum) / NANOS_PER_MS);
  return startMs <= DATE_MS_MAX ? new Date(startMs).toISOString() : null;
}
