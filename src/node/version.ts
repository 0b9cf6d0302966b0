import { readFile } from "node:fs/promises";

/** The version in the package's own package.json, from the compiled program or from its sources. */
export async function readVersion(): Promise<string> {
  for (const path of ["../../package.json", "../../../package.json"]) {
    const text = await readFile(new URL(path, import.meta.url), "utf8").catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { readonly version: string }).version;
  }
  return "unknown";
}
