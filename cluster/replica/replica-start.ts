/** How a member begins: with its log, without one because it is new, or as one that has lost what it promised. */
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import { initialSnapshot, type Entry, type RestoredState, type Snapshot } from "../raft/index.ts";
import { bootstrapLog } from "./bootstrap.ts";
import { withChange } from "./configuration-codec.ts";
import { ReplicaError } from "./errors.ts";
import type { RaftReplicaOptions } from "./options.ts";
import {
  type Aside,
  asideUnderWay,
  finishAside,
  memberOnRecord,
  recordMember,
  setAside,
  withdrawRelease,
} from "./set-aside.ts";
import type { RecoveredLog } from "./wal-content.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

export interface StartDeps {
  readonly files: Files;
  readonly logger: Logger;
}

export interface ReplicaStart {
  readonly log: WriteAheadLog;
  readonly restored: RestoredState;
  /** The application lacks it. */
  readonly missing: Snapshot | undefined;
  /** This member has forgotten what it promised, and must take no part; why. */
  readonly forgotten: string | undefined;
  /** Nobody has led the group yet. */
  readonly isNewGroup: boolean;
}

/** Opens the log in `options.directory`. Throws `ReplicaError` for a log that cannot be used nor done without. */
export async function startOf(
  deps: StartDeps,
  options: RaftReplicaOptions,
  appliedIndex: number,
): Promise<ReplicaStart> {
  const owner = `${options.channelId}/${options.raftId}`;
  const opened = await openLog(deps, options, owner, appliedIndex);
  try {
    await withdrawRelease(deps.files, options.directory);
    if (opened.forgotten === undefined) await recordMember(deps.files, options.directory, owner);
    return startWith(opened, appliedIndex);
  } catch (error) {
    await opened.log.close();
    throw error;
  }
}

type Opened = Omit<RecoveredLog, "isNew" | "tornBytes"> & { readonly log: WriteAheadLog };

async function openLog(
  deps: StartDeps,
  options: RaftReplicaOptions,
  owner: string,
  appliedIndex: number,
): Promise<Opened> {
  const { directory, voters } = options;
  const { files } = deps;
  await files.makeDirectory(directory);
  const interrupted = await asideUnderWay(files, directory);
  if (interrupted?.kind === "superseded" && isEarlier(interrupted.owner, options)) {
    await dropSuperseded(files, directory, interrupted.owner);
  } else if (interrupted !== undefined) {
    return openAfresh(deps, options, owner, reasonOf(interrupted));
  }
  const attempt = await tryOpen(deps, options, owner);
  if ("damage" in attempt) return openAfresh(deps, options, owner, attempt.damage);
  const { log, recovered } = attempt;
  const lack = lackOf(recovered, appliedIndex);
  if (lack !== undefined && voters.length > 1) {
    await log.close();
    return openAfresh(deps, options, owner, lack);
  }
  if (!recovered.isNew) return { log, ...recovered };
  if ((await memberOnRecord(files, directory)) === owner) {
    const reason = "its log is gone";
    await forget(deps, options, log, reason);
    return { log, ...recovered, forgotten: reason };
  }
  // With blocks and without a log this node was added to a group that runs: the leader sends it all.
  if (appliedIndex > 0) {
    await log.join(appliedIndex);
    return { log, ...recovered, joinedIndex: appliedIndex };
  }
  const { hardState, entries } = bootstrapLog(voters);
  await log.append({ hardState, entries });
  return { log, ...recovered, hardState, entries: entries.map(withChange) };
}

// What was applied was in the log: without it the log is not the one that this member made its promises by.
function lackOf(recovered: RecoveredLog, appliedIndex: number): string | undefined {
  const { isNew, entries, snapshot, forgotten, joinedIndex } = recovered;
  const last = entries.at(-1)?.index ?? snapshot?.index ?? 0;
  const isWhole = appliedIndex <= Math.max(last, joinedIndex ?? 0);
  if (isNew || forgotten !== undefined || isWhole) return undefined;
  return `entry ${appliedIndex} is applied but its log ends at ${last}`;
}

type Attempt =
  | { readonly log: WriteAheadLog; readonly recovered: RecoveredLog }
  /** The log of this very member cannot be trusted, and others of its group can be asked. */
  | { readonly damage: string };

async function tryOpen(
  deps: StartDeps,
  options: RaftReplicaOptions,
  owner: string,
): Promise<Attempt> {
  const { directory, voters } = options;
  const logOptions = { directory, owner, ...segmentSize(options) };
  try {
    return await WriteAheadLog.open(deps, logOptions);
  } catch (error) {
    if (!(error instanceof ReplicaError)) throw error;
    if (error.code === "log_corrupt" && voters.length > 1) return { damage: error.message };
    const before = String(error.data["owner"]);
    if (error.code !== "log_foreign" || !isEarlier(before, options)) throw error;
    deps.logger.warn("put the log of an earlier membership aside", { directory, owner: before });
    await dropSuperseded(deps.files, directory, before);
    return WriteAheadLog.open(deps, logOptions);
  }
}

async function dropSuperseded(files: Files, directory: string, owner: string): Promise<void> {
  await setAside(files, directory, { kind: "superseded", owner });
  await finishAside(files, directory);
}

// Ids are never given twice: the member of before is gone from the group, and so are its promises.
function isEarlier(before: string, { channelId, raftId }: RaftReplicaOptions): boolean {
  const cut = before.lastIndexOf("/");
  return before.slice(0, cut) === channelId && Number(before.slice(cut + 1)) < raftId;
}

// Puts what is there aside and begins a log that says so.
async function openAfresh(
  deps: StartDeps,
  options: RaftReplicaOptions,
  owner: string,
  reason: string,
): Promise<Opened> {
  const { directory } = options;
  await setAside(deps.files, directory, { kind: "untrusted", reason });
  const logOptions = { directory, owner, ...segmentSize(options) };
  const { log, recovered } = await WriteAheadLog.open(deps, logOptions);
  await forget(deps, options, log, reason);
  await finishAside(deps.files, directory);
  return { log, ...recovered, forgotten: reason };
}

function reasonOf(aside: Aside): string {
  return aside.kind === "untrusted" ? aside.reason : "it was put aside for a later membership";
}

async function forget(
  deps: StartDeps,
  { channelId, raftId, directory }: RaftReplicaOptions,
  log: WriteAheadLog,
  reason: string,
): Promise<void> {
  deps.logger.error("this member has lost its log: it stands by and fetches blocks", {
    channel: channelId,
    raftId,
    directory,
    reason,
  });
  await log.forget(reason);
}

function startWith(opened: Opened, appliedIndex: number): ReplicaStart {
  const { log, hardState = NOTHING, entries, forgotten } = opened;
  const snapshot = opened.snapshot ?? initialSnapshot(firstVoters(entries));
  const isBehind = appliedIndex < snapshot.index;
  const last = entries.at(-1)?.index ?? snapshot.index;
  // A node that was added has blocks that its log does not reach yet.
  const isAhead = appliedIndex > last && appliedIndex <= (opened.joinedIndex ?? 0);
  const applied = isAhead ? hardState.commit : appliedIndex;
  return {
    log,
    restored: {
      hardState: { ...hardState, commit: Math.max(hardState.commit, snapshot.index) },
      snapshot,
      entries,
      appliedIndex: forgotten === undefined ? Math.max(applied, snapshot.index) : snapshot.index,
    },
    missing: isBehind ? opened.snapshot : undefined,
    forgotten,
    isNewGroup: snapshot.index === 0 && entries.every((entry) => entry.type === "confChange"),
  };
}

/** The members that began the group, which its first entries add. */
export function firstVoters(entries: readonly Entry[]): readonly number[] {
  if (entries[0]?.index !== 1) return [];
  const voters: number[] = [];
  for (const { term, change } of entries) {
    if (term !== 1 || change === undefined) break;
    for (const op of change.ops) if (op.type === "addVoter") voters.push(op.id);
  }
  return voters;
}

function segmentSize({ segmentBytes }: RaftReplicaOptions): { readonly segmentBytes?: number } {
  return segmentBytes === undefined ? {} : { segmentBytes };
}

const NOTHING = { term: 0, votedFor: undefined, commit: 0 } as const;
