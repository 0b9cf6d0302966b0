import type { KvStore } from "../kernel/ports/kv-store.ts";
import type { VolatileDisk } from "./volatile-disk.ts";

/** `store`, whose batches are steps of the process that `disk` belongs to. What it has on its own disk outlasts a loss of power. */
export function steppedStore(store: KvStore, disk: VolatileDisk): KvStore {
  return {
    get: (key) => store.get(key),
    range: (range) => store.range(range),
    snapshot: () => store.snapshot(),
    write: (batch) => disk.take("batch", "", () => store.write(batch)),
    close: () => store.close(),
  };
}
