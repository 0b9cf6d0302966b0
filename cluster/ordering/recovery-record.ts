/** The records of recoveries in a channel's folder: for people who ask later, and for the node, which never forgets whom it cut off. */
import { utf8, utf8Decode } from "../../src/kernel/bytes.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import { OrderingError } from "./errors.ts";
import { RECOVERY_RECORD_BYTES_MAX } from "./limits.ts";

/** One recovery, as JSON. */
export interface RecoveryRecord {
  readonly formatVersion: 1;
  /** `begun`: the log may or may not have been changed yet; the same recovery completes it. */
  readonly state: "begun" | "done";
  /** ISO 8601. */
  readonly at: string;
  /** Who did it, as the program was told. */
  readonly by: string;
  readonly channelId: string;
  readonly raftId: number;
  /** Number of blocks at that moment. */
  readonly height: number;
  /** Members of the group before and after. */
  readonly votersBefore: readonly number[];
  readonly votersAfter: readonly number[];
  /** The last entry that was known to be committed, and the last one that the log held. */
  readonly committedIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly newTerm: number;
  /** Raft ids of those who take no part any more. No id is given twice. */
  readonly cutOffIds: readonly number[];
  /** What was known of the others. */
  readonly others: unknown;
}

const SUFFIX = ".json";

function folderOf(directory: string): string {
  return `${directory}/recoveries`;
}

/** Oldest first, and durable from now on. Throws `OrderingError` ("bad_recovery_record"). */
export async function recoveryRecords(
  files: Files,
  directory: string,
): Promise<readonly RecoveryRecord[]> {
  const names = (await files.list(folderOf(directory))).filter((name) => name.endsWith(SUFFIX));
  if (names.length > 0) await files.syncDirectory(folderOf(directory));
  const records: RecoveryRecord[] = [];
  for (const name of names.sort()) {
    records.push(await readRecord(files, `${folderOf(directory)}/${name}`));
  }
  return records;
}

/** Raft ids of the members that recoveries of the channel have cut off. Throws as `recoveryRecords`. */
export async function cutOffMembers(files: Files, directory: string): Promise<ReadonlySet<number>> {
  const records = await recoveryRecords(files, directory);
  return new Set(records.flatMap(({ cutOffIds }) => cutOffIds));
}

/** Writes the record of the recovery that begins in `newTerm`, or replaces it. Durable when it resolves. */
export async function saveRecord(
  files: Files,
  directory: string,
  record: RecoveryRecord,
): Promise<string> {
  const folder = folderOf(directory);
  await files.makeDirectory(folder);
  await files.syncDirectory(directory);
  const path = `${folder}/term-${String(record.newTerm).padStart(16, "0")}${SUFFIX}`;
  const file = await files.open(`${path}.new`, { create: true });
  try {
    await file.truncate(0);
    await file.writeAt(0, utf8(`${JSON.stringify(record, undefined, 2)}\n`));
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(`${path}.new`, path);
  await files.syncDirectory(folder);
  return path;
}

async function readRecord(files: Files, path: string): Promise<RecoveryRecord> {
  const file = await files.open(path, { create: false });
  try {
    const bytes = await file.readAt(0, RECOVERY_RECORD_BYTES_MAX);
    const content: unknown = JSON.parse(utf8Decode(bytes));
    if (isRecord(content)) return content;
    throw new Error("it is no record of a recovery");
  } catch (cause) {
    throw new OrderingError(
      "bad_recovery_record",
      `${path} cannot be read (${errorMessage(cause)}): without it nobody knows whom a recovery cut off; restore it from a backup`,
      { cause },
    );
  } finally {
    await file.close();
  }
}

function isRecord(content: unknown): content is RecoveryRecord {
  if (typeof content !== "object" || content === null) return false;
  if (!("formatVersion" in content && "cutOffIds" in content && "state" in content)) return false;
  const { formatVersion, cutOffIds, state } = content;
  const isIds = Array.isArray(cutOffIds) && cutOffIds.every((id) => Number.isSafeInteger(id));
  return formatVersion === 1 && isIds && (state === "begun" || state === "done");
}
