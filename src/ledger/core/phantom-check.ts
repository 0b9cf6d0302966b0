import { compareUtf8, equalBytes } from "../../kernel/bytes.ts";
import type { KVRead, QueryReadsMerkleSummary, RangeQueryInfo } from "../../wire/index.ts";
import type { BlockUpdates } from "./block-updates.ts";
import type { CommittedState, StateRow } from "./committed-state.ts";
import { RangeDigest } from "./range-digest.ts";
import { isSameVersion, versionFromWire, versionToWire } from "./version.ts";

/** Whether a range query would read the same rows now, with the block's earlier writes in place. */
export function isRangeUnchanged(
  namespace: string,
  query: RangeQueryInfo,
  updates: BlockUpdates,
  state: CommittedState,
): boolean {
  const rows = rowsNow(namespace, query, updates, state);
  if (query.readsInfo?.$case === "readsMerkleHashes") {
    return matchesSummary(rows, query.readsInfo.value);
  }
  return matchesRows(rows, query.readsInfo?.value.kvReads ?? []);
}

function matchesRows(rows: Iterable<StateRow>, reads: readonly KVRead[]): boolean {
  let index = 0;
  for (const row of rows) {
    const read = reads[index];
    if (read?.key !== row.key) return false;
    if (!isSameVersion(versionFromWire(read.version), row.version)) return false;
    index += 1;
  }
  return index === reads.length;
}

function matchesSummary(rows: Iterable<StateRow>, recorded: QueryReadsMerkleSummary): boolean {
  // Fabric stops the channel here; a set that no simulator produces cannot match.
  if (recorded.maxDegree < 2) return false;
  const digest = new RangeDigest(recorded.maxDegree);
  for (const { key, version } of rows) {
    digest.add({ key, version: versionToWire(version) });
    const isOver =
      digest.level > recorded.maxLevel ||
      (digest.level === recorded.maxLevel && digest.topCount > recorded.maxLevelHashes.length);
    if (isOver) return false;
  }
  const result = digest.finish();
  if (result?.$case !== "readsMerkleHashes") return false;
  const { maxLevel, maxLevelHashes } = result.value;
  if (maxLevel !== recorded.maxLevel) return false;
  if (maxLevelHashes.length !== recorded.maxLevelHashes.length) return false;
  return maxLevelHashes.every((hash, index) => {
    const other = recorded.maxLevelHashes[index];
    return other !== undefined && equalBytes(hash, other);
  });
}

/** Committed rows with the block's updates laid over them; then the end key, if the reader had stopped at it. */
function* rowsNow(
  namespace: string,
  query: RangeQueryInfo,
  updates: BlockUpdates,
  state: CommittedState,
): IterableIterator<StateRow> {
  const { startKey, endKey, itrExhausted } = query;
  const overlay = updates.publicUpdates(namespace, startKey, endKey);
  let next = 0;
  for (const row of state.publicRows(namespace, startKey, endKey)) {
    for (; compareUtf8(overlay[next]?.key ?? row.key, row.key) < 0; next += 1) {
      yield* present(overlay[next]);
    }
    if (overlay[next]?.key !== row.key) {
      yield row;
      continue;
    }
    yield* present(overlay[next]);
    next += 1;
  }
  for (; next < overlay.length; next += 1) yield* present(overlay[next]);
  if (itrExhausted) return;
  const update = updates.publicUpdate(namespace, endKey);
  if (update !== undefined) yield* present({ key: endKey, update });
  else {
    const entry = state.publicEntry(namespace, endKey);
    if (entry !== undefined) yield { key: endKey, version: entry.version };
  }
}

type Overlaid = ReturnType<BlockUpdates["publicUpdates"]>[number];

function present(item: Overlaid | undefined): readonly StateRow[] {
  return item?.update.value === undefined ? [] : [{ key: item.key, version: item.update.version }];
}
