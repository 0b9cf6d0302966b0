/** `run.json` in a node's data folder: there while the node serves, so that others can find its process. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface RunningNode {
  readonly pid: number;
  readonly name: string;
  readonly startedAt: string;
  readonly port: number;
  readonly operationsPort: number;
  /** Of an orderer that serves the channel participation API. */
  readonly adminPort?: number;
}

function pathIn(dataDirectory: string): string {
  return join(dataDirectory, "run.json");
}

export async function writeRunFile(dataDirectory: string, node: RunningNode): Promise<void> {
  await mkdir(dataDirectory, { recursive: true });
  const path = pathIn(dataDirectory);
  await writeFile(`${path}.partial`, `${JSON.stringify(node, undefined, 2)}\n`);
  await rename(`${path}.partial`, path);
}

export async function removeRunFile(dataDirectory: string): Promise<void> {
  await rm(pathIn(dataDirectory), { force: true });
}

/** What the file says; undefined when there is none. Whether the process still lives is another question. */
export async function readRunFile(dataDirectory: string): Promise<RunningNode | undefined> {
  try {
    return JSON.parse(await readFile(pathIn(dataDirectory), "utf8")) as RunningNode;
  } catch {
    return undefined;
  }
}
