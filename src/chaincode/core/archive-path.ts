import { ARCHIVE_PATH_LENGTH_MAX } from "../limits.ts";

/**
 * The path of an archive's entry as a relative path of plain names, or undefined when it is none:
 * nothing that an archive says may lead out of the folder it is unpacked to.
 */
export function safeArchivePath(path: string): string | undefined {
  if (path.length > ARCHIVE_PATH_LENGTH_MAX || path.includes("\0") || path.includes("\\")) {
    return undefined;
  }
  const names = path.replace(/\/+$/, "").split("/");
  if (names[0] === ".") names.shift();
  const isPlain = names.length > 0 && names.every((name) => !["", ".", ".."].includes(name));
  return isPlain ? names.join("/") : undefined;
}
