import type { Mutant } from "./mutation.ts";

function log(name: string, file: string, search: string, replacement: string): Mutant {
  const edits = [{ file: `cluster/replica/${file}.ts`, search, replacement }];
  return { name, hunt: "log", edits };
}

/** Bugs of the write-ahead log. */
export const LOG_MUTANTS: readonly Mutant[] = [
  log(
    "acknowledges what is not flushed",
    "write-ahead-log",
    "await this.#file.sync();",
    "await Promise.resolve();",
  ),
  log(
    "does not flush the directory that a segment is made in",
    "write-ahead-log",
    "await files.syncDirectory(directory);",
    "await Promise.resolve();",
  ),
  log(
    "keeps the entries after one that was replaced",
    "wal-content",
    "this.#entries.length = position;",
    "this.#entries.splice(position, 1);",
  ),
];
