import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LmdbKvStore } from "../../src/ledger/adapters/lmdb-kv-store.ts";
import { MemoryKvDisk, MemoryKvStore } from "../../src/sim/ports/memory-kv-store.ts";
import { kvStoreSuite } from "./kv-store.suite.ts";

kvStoreSuite("LMDB", async () => {
  const directory = await mkdtemp(join(tmpdir(), "heddle-kv-"));
  let store = LmdbKvStore.open(directory);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = LmdbKvStore.open(directory);
      return store;
    },
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});

kvStoreSuite("memory", () => {
  const disk = new MemoryKvDisk();
  let store = new MemoryKvStore({ disk });
  return Promise.resolve({
    store,
    reopen: () => {
      store = new MemoryKvStore({ disk });
      return Promise.resolve(store);
    },
    close: () => store.close(),
  });
});
