/**
 * What a change makes of a configuration. One voter at a time is safe by itself, because any two majorities of the old
 * and the new voters meet (thesis §4.1); more at once goes through a joint configuration (Raft §6; thesis §4.3).
 */
import type { ConfChange, ConfChangeOp, RaftConfiguration } from "./configuration.ts";
import { ascending, isJoint, membersOf } from "./configuration.ts";
import { VOTERS_MAX } from "./limits.ts";

/** Why a change cannot be made. */
export type ConfChangeRefusal =
  | "already joint"
  | "joint"
  | "not joint"
  | "without voters"
  | "removes all voters"
  | "changes several voters"
  | "too many members";

/** What a change results in. */
export type ConfChangeResult =
  | { readonly ok: true; readonly configuration: RaftConfiguration }
  | { readonly ok: false; readonly reason: ConfChangeRefusal };

/**
 * Makes `change`. A joint configuration is entered for several steps or on request, left by a change without steps;
 * everything else is done at once. Ids are integers from 0.
 */
export function changeConfiguration(
  current: RaftConfiguration,
  change: ConfChange,
): ConfChangeResult {
  if (leavesJoint(change)) return leaveJoint(current);
  if (entersJoint(change)) return enterJoint(current, change.transition !== "explicit", change.ops);
  return simpleChange(current, change.ops);
}

/** Whether `change` asks to leave a joint configuration. */
export function leavesJoint(change: ConfChange): boolean {
  return change.transition === "auto" && change.ops.length === 0;
}

/** Whether `change` goes through a joint configuration. */
export function entersJoint(change: ConfChange): boolean {
  return change.transition !== "auto" || change.ops.length > 1;
}

/** Makes `ops` at once, which together add or remove one voter at most. */
export function simpleChange(
  current: RaftConfiguration,
  ops: readonly ConfChangeOp[],
): ConfChangeResult {
  if (isJoint(current)) return refused("joint");
  const result = applyOps(current, ops);
  if (!result.ok) return result;
  const changed = countDifference(current.voters, result.configuration.voters);
  return changed > 1 ? refused("changes several voters") : result;
}

/** The voters become the outgoing half too, and `ops` change the other one. */
export function enterJoint(
  current: RaftConfiguration,
  autoLeave: boolean,
  ops: readonly ConfChangeOp[],
): ConfChangeResult {
  if (isJoint(current)) return refused("already joint");
  if (current.voters.length === 0) return refused("without voters");
  return applyOps({ ...current, votersOutgoing: current.voters, autoLeave }, ops);
}

/** The outgoing half is dropped; those of it that were to become learners do. */
export function leaveJoint(current: RaftConfiguration): ConfChangeResult {
  if (!isJoint(current)) return refused("not joint");
  const learners = ascending([...current.learners, ...current.learnersNext]);
  const { voters } = current;
  return accepted({ voters, votersOutgoing: [], learners, learnersNext: [], autoLeave: false });
}

function applyOps(current: RaftConfiguration, ops: readonly ConfChangeOp[]): ConfChangeResult {
  const draft = new ConfigurationDraft(current);
  for (const op of ops) draft.apply(op);
  const configuration = draft.finish();
  if (configuration.voters.length === 0) return refused("removes all voters");
  if (membersOf(configuration).length > VOTERS_MAX) return refused("too many members");
  return accepted(configuration);
}

/** A configuration while the steps of a change are made; the outgoing half stays as it is. */
class ConfigurationDraft {
  readonly #base: RaftConfiguration;
  readonly #outgoing: ReadonlySet<number>;
  readonly #voters: Set<number>;
  readonly #learners: Set<number>;
  readonly #learnersNext: Set<number>;

  constructor(base: RaftConfiguration) {
    this.#base = base;
    this.#outgoing = new Set(base.votersOutgoing);
    this.#voters = new Set(base.voters);
    this.#learners = new Set(base.learners);
    this.#learnersNext = new Set(base.learnersNext);
  }

  apply({ type, id }: ConfChangeOp): void {
    if (id === 0 || type === "update") return;
    this.#voters.delete(id);
    this.#learners.delete(id);
    this.#learnersNext.delete(id);
    if (type === "addVoter") this.#voters.add(id);
    // One who still votes in the outgoing half becomes a learner once that is left.
    else if (type === "addLearner" && this.#outgoing.has(id)) this.#learnersNext.add(id);
    else if (type === "addLearner") this.#learners.add(id);
  }

  finish(): RaftConfiguration {
    return {
      voters: ascending(this.#voters),
      votersOutgoing: this.#base.votersOutgoing,
      learners: ascending(this.#learners),
      learnersNext: ascending(this.#learnersNext),
      autoLeave: this.#base.autoLeave,
    };
  }
}

function countDifference(a: readonly number[], b: readonly number[]): number {
  const all = new Set([...a, ...b]);
  return 2 * all.size - a.length - b.length;
}

function accepted(configuration: RaftConfiguration): ConfChangeResult {
  return { ok: true, configuration };
}

function refused(reason: ConfChangeRefusal): ConfChangeResult {
  return { ok: false, reason };
}
