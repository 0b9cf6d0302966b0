/** How a node's configuration changes: when an entry that changes it is applied, or a snapshot received (Raft §6). */
import { changeConfiguration } from "./conf-changer.ts";
import { changeOf } from "./conf-change-rules.ts";
import type { RaftConfiguration } from "./configuration.ts";
import type { Entry } from "./entry.ts";
import { maybeAdvanceCommit } from "./commitment.ts";
import { beginFarewell } from "./farewell.ts";
import { Membership } from "./membership.ts";
import { Progress } from "./progress.ts";
import { maybeLeaveJoint } from "./proposal.ts";
import { answerConfirmedReads } from "./read-index.ts";
import { isReadmittedBy } from "./readmission.ts";
import { maybeSendAppend } from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import { checkTransfer } from "./transfer.ts";
import { becomeFollower } from "./transition.ts";

/** The application holds every entry up to `index`. */
export function applied(state: RaftState, index: number): void {
  const { applyQueue, log } = state;
  // What a snapshot has replaced meanwhile is in the configuration that came with it.
  const before = Math.max(applyQueue.applied, log.firstIndex - 1);
  applyQueue.complete(index);
  for (const entry of log.slice(before, Math.max(before, index))) applyChange(state, entry);
  if (state.role.type === "leader") maybeLeaveJoint(state, state.role);
}

/** A configuration that came as a whole. */
export function adoptConfiguration(
  state: RaftState,
  configuration: RaftConfiguration,
  index: number,
): void {
  state.membership = new Membership(configuration);
  state.outbox.trace({ type: "configurationChanged", index, configuration });
}

function applyChange(state: RaftState, entry: Entry): void {
  const change = changeOf(entry);
  if (change === undefined) return;
  if (isReadmittedBy(state.readmission, state.id, entry)) {
    state.readmission = { type: "none" };
    state.outbox.trace({ type: "readmitted", index: entry.index });
  }
  const result = changeConfiguration(state.membership.configuration, change);
  if (!result.ok) {
    const { reason } = result;
    state.outbox.trace({ type: "configurationUnchanged", index: entry.index, reason });
    return;
  }
  adoptConfiguration(state, result.configuration, entry.index);
  if (state.role.type === "leader") followUpAsLeader(state, state.role, entry.index);
}

function followUpAsLeader(state: RaftState, role: LeaderRole, index: number): void {
  updateProgress(state, role, index);
  if (!state.membership.isVoter(state.id)) {
    if (state.options.stepDownOnRemoval) {
      becomeFollower(state, state.term, undefined, "no longer a voter");
    }
    return;
  }
  // A smaller majority may hold more; and new members need not wait for a heartbeat.
  if (!maybeAdvanceCommit(state, role)) {
    for (const [peer, progress] of role.progress) {
      maybeSendAppend(state, peer, progress, "withEntries");
    }
  }
  answerConfirmedReads(state, role);
  checkTransfer(state, role);
}

function updateProgress(state: RaftState, role: LeaderRole, index: number): void {
  const { membership, log, options } = state;
  for (const [peer, progress] of role.progress) {
    if (membership.isMember(peer)) continue;
    role.progress.delete(peer);
    beginFarewell(state, role, peer, { progress, index });
  }
  for (const peer of state.peers()) {
    const isLearner = membership.isLearner(peer);
    const known = role.progress.get(peer);
    if (known !== undefined) {
      known.isLearner = isLearner;
      continue;
    }
    const next = Math.max(log.last.index, 1);
    role.departed.delete(peer);
    const progress = new Progress({ next, isLearner, memberSince: index }, options);
    // As if just heard, or a leader could lose its majority to a member that had no time to answer.
    progress.markActive();
    role.progress.set(peer, progress);
  }
}
