/** What an orderer says of a channel's group, and the handing over of its leadership. */
import type { ChannelConfig } from "../../src/channel/index.ts";
import { successorAmong, type RaftReplica } from "../replica/index.ts";
import type { PendingMember } from "./consenter-rules.ts";
import type { Membership } from "./core/membership.ts";

/** One consenter of the channel's configuration. */
export interface ConsenterReport {
  readonly raftId: number;
  /** `host:port`. */
  readonly address: string;
  /** Whether it votes: not yet, while it has never answered. */
  readonly isVoter: boolean;
  /** Whether it answers, as the leader sees it; null where that is not known. */
  readonly isActive: boolean | null;
}

/** The group of a channel as one member sees it. */
export interface GroupReport {
  readonly channelId: string;
  readonly raftId: number;
  readonly role: string;
  readonly term: number;
  /** Null while none is known. */
  readonly leaderId: number | null;
  /** Number of blocks. */
  readonly height: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly voters: readonly number[];
  readonly consenters: readonly ConsenterReport[];
  /** The consenter that is being added or removed; null when none is. */
  readonly pending: PendingMember | null;
  /** What keeps this member from taking part as it should; null when nothing does. */
  readonly complaint: string | null;
}

/** What came of handing leadership over. */
export type TransferOutcome =
  | { readonly kind: "transferred"; readonly leaderId: number }
  | { readonly kind: "not leader"; readonly leaderId: number | undefined }
  /** The member that was named is no voter, or does not answer; or no other member does. */
  | { readonly kind: "refused"; readonly reason: string }
  /** It was tried, and leadership is where it was or elsewhere. */
  | { readonly kind: "failed" };

export interface GroupReportSource {
  readonly channelId: string;
  readonly raftId: number;
  readonly blocks: { readonly height: number };
  readonly config: { current(): ChannelConfig };
  readonly membership: Membership;
  readonly replica: Pick<RaftReplica, "status" | "leadership" | "transferLeadership">;
  readonly activeIds: readonly number[] | undefined;
  readonly pending: PendingMember | undefined;
  readonly complaint: string | undefined;
}

export function groupReport(source: GroupReportSource): GroupReport {
  const status = source.replica.status();
  const { voters } = status.configuration;
  return {
    channelId: source.channelId,
    raftId: source.raftId,
    role: source.replica.leadership.role,
    term: source.replica.leadership.term,
    leaderId: source.replica.leadership.leaderId ?? null,
    height: source.blocks.height,
    lastIndex: status.lastIndex,
    lastTerm: status.lastTerm,
    commitIndex: status.commitIndex,
    appliedIndex: status.appliedIndex,
    voters,
    consenters: consentersOf(source, voters),
    pending: source.pending ?? null,
    complaint: source.complaint ?? null,
  };
}

// Between a configuration and the membership that comes with it, those that both name.
function consentersOf(
  { config, membership, activeIds }: GroupReportSource,
  voters: readonly number[],
): readonly ConsenterReport[] {
  return config.current().orderer.consenters.flatMap(({ host, port }, place) => {
    const raftId = membership.consenterIds[place];
    if (raftId === undefined) return [];
    const isActive = activeIds === undefined ? null : activeIds.includes(raftId);
    return [{ raftId, address: `${host}:${port}`, isVoter: voters.includes(raftId), isActive }];
  });
}

/** Hands leadership to `to`, or to the most advanced voter that answers. Resolves when that has come to an end. */
export async function handOver(
  source: Pick<GroupReportSource, "raftId" | "replica" | "activeIds">,
  to?: number,
): Promise<TransferOutcome> {
  const { replica, raftId, activeIds = [] } = source;
  const { role, leaderId } = replica.leadership;
  if (role !== "leader") return { kind: "not leader", leaderId };
  if (to === raftId) return { kind: "refused", reason: "it leads already" };
  const { followers, configuration } = replica.status();
  const mayLead = (id: number): boolean => configuration.voters.includes(id) && id !== raftId;
  if (to !== undefined && !mayLead(to)) {
    return { kind: "refused", reason: `member ${to} does not vote in this group` };
  }
  if (to !== undefined && !activeIds.includes(to)) {
    return { kind: "refused", reason: `member ${to} does not answer` };
  }
  const known = followers.map((each) => ({ ...each, isActive: activeIds.includes(each.id) }));
  const target = to ?? successorAmong(known, mayLead);
  if (target === undefined) return { kind: "refused", reason: "no other member answers" };
  const result = await replica.transferLeadership(target);
  if (result === "transferred") return { kind: "transferred", leaderId: target };
  return result === "not leader"
    ? { kind: "not leader", leaderId: replica.leadership.leaderId }
    : { kind: "failed" };
}
