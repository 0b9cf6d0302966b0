import { readFile } from "node:fs/promises";
import { ConfigError } from "./config.ts";

/** The bytes of a file that the configuration names under `key`. Throws `ConfigError` ("unreadable configuration"). */
export async function readConfigured(key: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new ConfigError("unreadable configuration", `${key}: cannot read ${path}`, {
      cause,
      data: { key, path },
    });
  }
}
