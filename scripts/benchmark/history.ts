/** What benchmarks measured, kept with the sources: one line a run in `test/bench`. */
import { execFileSync } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Appends `results`, with the commit and the machine, to `test/bench/<file>`. */
export async function appendToHistory(file: string, results: unknown): Promise<void> {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  const record = {
    at: new Date().toISOString(),
    commit,
    node: process.version,
    cpu: `${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}`,
    results,
  };
  await appendFile(join(root, "test/bench", file), `${JSON.stringify(record)}\n`);
}
