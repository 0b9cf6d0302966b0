/**
 * Makes one member the whole of its group, from what its log holds, when the majority is lost for good. This breaks Raft's
 * promise: what the others had committed and this log does not hold is lost. It is to be done by people only, while the
 * member does not run.
 */
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import {
  changeConfiguration,
  initialSnapshot,
  type Entry,
  type RaftConfiguration,
} from "../raft/index.ts";
import { encodeConfChangeV1, encodeConfChangeV2 } from "./configuration-codec.ts";
import { ReplicaError } from "./errors.ts";
import { firstVoters } from "./replica-start.ts";
import { asideUnderWay, memberOnRecord } from "./set-aside.ts";
import type { RecoveredLog } from "./wal-content.ts";
import { WriteAheadLog, type LogBatch } from "./write-ahead-log.ts";

/** What a log holds, and what becomes of its group. */
export interface ForcedGroupPlan {
  readonly channelId: string;
  readonly raftId: number;
  /** After the last entry. */
  readonly before: RaftConfiguration;
  /** Known to be committed, from the log alone. */
  readonly commitIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** In which the member alone goes on. */
  readonly term: number;
  /** The member is the whole of its group already. */
  readonly isAlone: boolean;
}

export interface ForcedGroupDeps {
  readonly files: Files;
  readonly logger: Logger;
}

/**
 * Reads the log in `directory` of a member that does not run. Throws `ReplicaError`: "log_lost" when there is none that
 * can be trusted, "log_corrupt", "log_version".
 */
export async function planForcedGroup(
  deps: ForcedGroupDeps,
  directory: string,
): Promise<ForcedGroupPlan> {
  const { log, recovered, owner } = await openOwn(deps, directory);
  await log.close();
  return planOf(owner, recovered);
}

/**
 * Appends the removal of every other member, and commits the whole log by decree: entries that were not known to be
 * committed are kept, because they may have been. One write, which a crash leaves whole or absent. Once it is done it
 * does nothing. Throws as `planForcedGroup`.
 */
export async function forceGroup(
  deps: ForcedGroupDeps,
  directory: string,
): Promise<ForcedGroupPlan> {
  const { log, recovered, owner } = await openOwn(deps, directory);
  try {
    const plan = planOf(owner, recovered);
    if (!plan.isAlone) await log.append(forcingBatch(plan));
    return plan;
  } finally {
    await log.close();
  }
}

interface OwnLog {
  readonly log: WriteAheadLog;
  readonly recovered: RecoveredLog;
  readonly owner: string;
}

async function openOwn(deps: ForcedGroupDeps, directory: string): Promise<OwnLog> {
  const { files } = deps;
  const owner = await memberOnRecord(files, directory);
  if (owner === undefined) throw lost(directory, "no member has ever run with it");
  const interrupted = await asideUnderWay(files, directory);
  if (interrupted !== undefined) throw lost(directory, "it was being put aside");
  const { log, recovered } = await WriteAheadLog.open(deps, { directory, owner });
  const reason = recovered.isNew ? "its segments are gone" : recovered.forgotten;
  if (reason === undefined) return { log, recovered, owner };
  await log.close();
  throw lost(directory, reason);
}

function lost(directory: string, reason: string): ReplicaError {
  return new ReplicaError(
    "log_lost",
    `the log in ${directory} cannot be the beginning of a group (${reason}); choose a member whose log is whole`,
    { data: { directory } },
  );
}

function planOf(owner: string, { hardState, snapshot, entries }: RecoveredLog): ForcedGroupPlan {
  const cut = owner.lastIndexOf("/");
  const raftId = Number(owner.slice(cut + 1));
  const start = snapshot ?? initialSnapshot(firstVoters(entries));
  const last = entries.at(-1) ?? start;
  const before = configurationAfter(start.configuration, entries);
  const others = otherMembers(before, raftId);
  return {
    channelId: owner.slice(0, cut),
    raftId,
    before,
    commitIndex: Math.max(hardState?.commit ?? 0, start.index),
    lastIndex: last.index,
    lastTerm: last.term,
    term: Math.max(hardState?.term ?? 0, last.term) + 1,
    isAlone:
      others.length === 0 && before.votersOutgoing.length === 0 && before.voters.includes(raftId),
  };
}

// A change that cannot be made is passed over, as a member passes over it.
function configurationAfter(
  start: RaftConfiguration,
  entries: readonly Entry[],
): RaftConfiguration {
  let configuration = start;
  for (const { change } of entries) {
    const result = change && changeConfiguration(configuration, change);
    if (result?.ok === true) ({ configuration } = result);
  }
  return configuration;
}

/** Every member but `raftId`, of both halves of a joint configuration, learners too. */
export function otherMembers(configuration: RaftConfiguration, raftId: number): readonly number[] {
  const { voters, votersOutgoing, learners, learnersNext } = configuration;
  const ids = new Set([...voters, ...votersOutgoing, ...learners, ...learnersNext]);
  ids.delete(raftId);
  return [...ids].sort((a, b) => a - b);
}

function forcingBatch(plan: ForcedGroupPlan): LogBatch {
  const { before, raftId, term, lastIndex } = plan;
  const changes: Pick<Entry, "type" | "data">[] = [];
  if (before.votersOutgoing.length > 0) {
    changes.push({
      type: "confChangeV2",
      data: encodeConfChangeV2({ transition: "auto", ops: [], context: new Uint8Array(0) }),
    });
  }
  // It may be on its way out, or not vote yet.
  if (!before.voters.includes(raftId)) {
    changes.push({
      type: "confChange",
      data: encodeConfChangeV1({ type: "addVoter", id: raftId }),
    });
  }
  for (const id of otherMembers(before, raftId)) {
    changes.push({ type: "confChange", data: encodeConfChangeV1({ type: "remove", id }) });
  }
  const entries = changes.map((change, place) => ({
    ...change,
    term,
    index: lastIndex + 1 + place,
  }));
  const commit = lastIndex + entries.length;
  return { hardState: { term, votedFor: raftId, commit }, entries };
}
