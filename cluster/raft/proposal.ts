/** What a leader takes into its log, and why not. */
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { ConfChange } from "./configuration.ts";
import { changeConfiguration } from "./conf-changer.ts";
import type { Entry } from "./entry.ts";
import type { ConfChangeKind } from "./event.ts";
import { ENTRIES_PER_PROPOSAL_MAX } from "./limits.ts";
import { broadcastAppend } from "./replication.ts";
import type { LeaderRole } from "./role.ts";
import type { RaftState } from "./state.ts";
import type { ProposalRefusal } from "./trace.ts";

/**
 * The answer to a proposal. Accepted is not committed: it is once an entry with this index and term is applied, and
 * never if another term's entry is applied there.
 */
export type ProposeResult =
  | {
      readonly accepted: true;
      /** Index of the proposal's last entry. */
      readonly index: number;
      readonly term: number;
    }
  | {
      readonly accepted: false;
      readonly reason: ProposalRefusal;
      readonly leaderId: number | undefined;
    };

type NewEntry = Omit<Entry, "index" | "term">;

/** Takes `data`, one entry each and none of them empty, unless there is a reason against it. */
export function proposeAsLeader(
  state: RaftState,
  role: LeaderRole,
  data: readonly Uint8Array[],
): ProposeResult {
  const reason = data.length > ENTRIES_PER_PROPOSAL_MAX ? "too large" : refusal(state, role);
  if (reason !== undefined) return { accepted: false, reason, leaderId: state.id };
  return take(
    state,
    role,
    data.map((bytes) => ({ type: "normal", data: bytes })),
  );
}

/** Takes a change of the configuration, unless an earlier one may not be applied yet (thesis §4.1) or it does not fit. */
export function proposeConfChangeAsLeader(
  state: RaftState,
  role: LeaderRole,
  change: ConfChange,
  data: Uint8Array,
  kind: ConfChangeKind,
): ProposeResult {
  const reason = refusal(state, role) ?? changeRefusal(state, role, change);
  if (reason !== undefined) return { accepted: false, reason, leaderId: state.id };
  const type = kind === "v1" ? "confChange" : "confChangeV2";
  role.pendingConfIndex = state.log.last.index + 1;
  return take(state, role, [{ type, data, change }]);
}

/**
 * Leaves a joint configuration that is in force and is to be left by itself. Asked at each applied entry, so that it
 * happens even if a transfer of leadership is in the way at first.
 */
export function maybeLeaveJoint(state: RaftState, role: LeaderRole): void {
  if (!state.membership.configuration.autoLeave) return;
  if (state.applyQueue.applied < role.pendingConfIndex || role.transfer !== undefined) return;
  role.pendingConfIndex = state.log.last.index + 1;
  // Taken however much waits: it is empty, and nothing else may change the members before it.
  take(state, role, [{ type: "confChangeV2", data: EMPTY_BYTES, change: LEAVE_JOINT }]);
}

/** The entry that opens a leader's term. */
export function appendOpening(state: RaftState): void {
  append(state, [{ type: "normal", data: EMPTY_BYTES }]);
}

const LEAVE_JOINT: ConfChange = { transition: "auto", ops: [], context: EMPTY_BYTES };

function refusal(state: RaftState, role: LeaderRole): ProposalRefusal | undefined {
  if (!state.membership.isMember(state.id)) return "not a member";
  if (role.transfer !== undefined) return "transferring";
  // Whatever its size, one proposal passes while less than the bound waits: no size is refused for ever.
  return state.log.uncommittedBytes >= state.options.pendingBytesMax ? "busy" : undefined;
}

// The configuration in force is the one that the change will meet: nothing that changes it is in between.
function changeRefusal(
  { applyQueue, membership }: RaftState,
  role: LeaderRole,
  change: ConfChange,
): ProposalRefusal | undefined {
  if (role.pendingConfIndex > applyQueue.applied) return "configuration change pending";
  const result = changeConfiguration(membership.configuration, change);
  return result.ok ? undefined : "configuration change impossible";
}

function take(state: RaftState, role: LeaderRole, entries: readonly NewEntry[]): ProposeResult {
  append(state, entries);
  broadcastAppend(state, role, "withEntries");
  return { accepted: true, index: state.log.last.index, term: state.term };
}

function append(state: RaftState, added: readonly NewEntry[]): void {
  const { term, log } = state;
  const nextIndex = log.last.index + 1;
  const entries = added.map((entry, position): Entry => {
    return { ...entry, index: nextIndex + position, term };
  });
  log.append(entries);
  state.outbox.trace({
    type: "appended",
    first: idOf(entries[0] ?? log.last),
    last: idOf(log.last),
  });
}

function idOf({ index, term }: { index: number; term: number }): { index: number; term: number } {
  return { index, term };
}
