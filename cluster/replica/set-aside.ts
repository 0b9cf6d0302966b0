/** What becomes of a log that can no longer be used: it is put aside, for people to look at, and never deleted. */
import type { Files } from "../../src/kernel/ports/files.ts";
import { utf8, utf8DecodeLeniently } from "../../src/kernel/bytes.ts";
import { segmentNumber } from "./wal-format.ts";

// Present while the log is being put aside; says why. Then the log that is found must not be believed: it may be the
// rest of one that was whole before.
const NOTE = "set-aside.heddle";
const SUPERSEDED = "superseded: ";
const ASIDE = /^aside-(\d+)-/;

/** Why a log is put aside. */
export type Aside =
  /** It cannot be trusted, and what its member promised is not known. */
  | { readonly kind: "untrusted"; readonly reason: string }
  /** It is of a member that the group has let go; this node is another one now, and has promised nothing yet. */
  | { readonly kind: "superseded"; readonly owner: string };

/** Why the log in `directory` is being put aside: a crash came between. `undefined`: it is not. */
export async function asideUnderWay(files: Files, directory: string): Promise<Aside | undefined> {
  const note = await readText(files, `${directory}/${NOTE}`);
  if (note === undefined) return undefined;
  return note.startsWith(SUPERSEDED)
    ? { kind: "superseded", owner: note.slice(SUPERSEDED.length) }
    : { kind: "untrusted", reason: note };
}

/** Renames the segments in `directory` to `aside-<n>-…`. After a crash it is to be repeated: see `asideUnderWay`. */
export async function setAside(files: Files, directory: string, aside: Aside): Promise<void> {
  await writeText(files, directory, NOTE, noteOf(aside));
  const names = await files.list(directory);
  const rounds = names.map((name) => Number(ASIDE.exec(name)?.[1] ?? 0));
  const round = Math.max(0, ...rounds) + 1;
  for (const name of names) {
    if (segmentNumber(name) === undefined) continue;
    await files.rename(`${directory}/${name}`, `${directory}/aside-${round}-${name}`);
  }
  await files.syncDirectory(directory);
}

function noteOf(aside: Aside): string {
  return aside.kind === "superseded" ? `${SUPERSEDED}${aside.owner}` : aside.reason;
}

/** The log that takes its place is durable, or nothing need be known of the one before. */
export async function finishAside(files: Files, directory: string): Promise<void> {
  await files.remove(`${directory}/${NOTE}`);
  await files.syncDirectory(directory);
}

/** Who last took part with a log in `directory`, by a file beside it: so that a log that vanished is missed. */
export async function memberOnRecord(files: Files, directory: string): Promise<string | undefined> {
  return readText(files, `${directory}.member`);
}

/** To be durable before `owner` promises anything. */
export async function recordMember(files: Files, directory: string, owner: string): Promise<void> {
  const cut = directory.lastIndexOf("/");
  await writeText(files, directory.slice(0, cut), `${directory.slice(cut + 1)}.member`, owner);
}

/** Whether `owner` has been let go by its group: it has nothing to vote on any more, and its id is not given again. */
export async function isReleased(files: Files, directory: string, owner: string): Promise<boolean> {
  return (await readText(files, `${directory}.released`)) === owner;
}

/** Durable when it resolves. Its log may stay: a member with a later id puts it aside. */
export async function recordRelease(files: Files, directory: string, owner: string): Promise<void> {
  const cut = directory.lastIndexOf("/");
  await writeText(files, directory.slice(0, cut), `${directory.slice(cut + 1)}.released`, owner);
}

/** It takes part under the same id after all, as the only one there is. */
export async function withdrawRelease(files: Files, directory: string): Promise<void> {
  const path = `${directory}.released`;
  if (await files.exists(path)) await files.remove(path);
}

// Whoever renamed it may have died before the directory was flushed: what is believed must not be gone after a power loss.
async function readText(files: Files, path: string): Promise<string | undefined> {
  if (!(await files.exists(path))) return undefined;
  await files.syncDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
  const file = await files.open(path, { create: false });
  try {
    return utf8DecodeLeniently(await file.readAt(0, TEXT_BYTES_MAX));
  } finally {
    await file.close();
  }
}

// Written beside and renamed: it is there whole or not at all.
async function writeText(
  files: Files,
  directory: string,
  name: string,
  text: string,
): Promise<void> {
  const beside = `${directory}/${name}.new`;
  const file = await files.open(beside, { create: true });
  try {
    await file.truncate(0);
    await file.writeAt(0, utf8(text).subarray(0, TEXT_BYTES_MAX));
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(beside, `${directory}/${name}`);
  await files.syncDirectory(directory || "/");
}

const TEXT_BYTES_MAX = 4_096;
