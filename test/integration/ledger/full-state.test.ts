import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isNoSpace } from "../../../src/kernel/no-space.ts";
import { LmdbKvStore } from "../../../src/ledger/adapters/lmdb-kv-store.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const LIMITED = 'ulimit -S -f 2048; exec "$0" "$@"';

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-full-state-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test("a state on a disk that is nearly full refuses to write and may be asked again", async () => {
  let freeBytes = 1_000;
  const store = LmdbKvStore.open(await emptyDirectory(), () => Promise.resolve(freeBytes));
  const batch = [{ key: Uint8Array.of(1), value: Uint8Array.of(2) }];
  const error: unknown = await store.write(batch).catch((reason: unknown) => reason);
  expect(isNoSpace(error)).toBe(true);
  freeBytes = 1_000_000_000;
  await store.write(batch);
  expect(store.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
  await store.close();
});

test("a state that could not be written is not written again before a restart, and the process lives", async () => {
  const directory = await emptyDirectory();
  const loader = `${ROOT}test/fixtures/typescript-loader/register.mjs`;
  const child = fork(new URL("full-state.ts", import.meta.url), [directory], {
    execPath: "/bin/sh",
    execArgv: [
      "-c",
      LIMITED,
      process.execPath,
      "--unhandled-rejections=strict",
      "--import",
      loader,
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const [told] = (await once(child, "message")) as [{ count: number }];
  expect(told).toMatchObject({ again: false, isVisible: false });
  expect(told.count).toBeGreaterThan(3);
  expect(await exited).toEqual([0, null]);
  const store = LmdbKvStore.open(directory);
  expect([...store.range({ start: Uint8Array.of(1) })]).toHaveLength(told.count);
  await store.close();
});
