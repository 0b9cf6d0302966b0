import { readdirSync, readFileSync } from "node:fs";
import type { DatadrivenCase } from "./datadriven.ts";
import { parseDatadriven } from "./datadriven.ts";

/** Folders of test/fixtures/etcd-raft. */
export type ScriptFolder = "quorum" | "confchange" | "interaction";

const fixtures = new URL("../../fixtures/etcd-raft/", import.meta.url);

/** Names of the scripts in `folder`, in order. */
export function scriptNames(folder: ScriptFolder): readonly string[] {
  return readdirSync(new URL(`${folder}/`, fixtures)).sort((a, b) => (a < b ? -1 : 1));
}

/** The commands of one script. */
export function readScript(folder: ScriptFolder, file: string): readonly DatadrivenCase[] {
  return parseDatadriven(readFileSync(new URL(`${folder}/${file}`, fixtures), "utf8"));
}
