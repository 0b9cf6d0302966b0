import type { Edit, Mutant } from "./mutation.ts";

function ledger(name: string, ...edits: readonly Edit[]): Mutant {
  return { name, hunt: "ledger", edits };
}

function edit(file: string, search: string, replacement: string): Edit {
  return { file: `src/ledger/${file}.ts`, search, replacement };
}

/** Bugs of a peer's ledger: conflicts, commit hash, block files, state, recovery. */
export const LEDGER_MUTANTS: readonly Mutant[] = [
  ledger(
    "does not look at earlier writes of the block",
    edit("core/mvcc", "if (updates.publicUpdate(namespace, key) !== undefined) return false;", ""),
  ),
  ledger(
    "believes that what was read is still there",
    edit(
      "core/mvcc",
      "const committed = state.publicEntry(namespace, key)?.version;",
      "const committed = versionFromWire(version);",
    ),
  ),
  ledger(
    "lets phantoms through",
    edit("core/mvcc", "if (!isUnchanged) return TxValidationCode.PHANTOM_READ_CONFLICT;", ""),
  ),
  ledger(
    "queries ranges without the block's earlier writes",
    edit(
      "core/phantom-check",
      "const overlay = updates.publicUpdates(namespace, startKey, endKey);",
      "const overlay: readonly Overlaid[] = [];",
    ),
  ),
  ledger(
    "sees deleted rows in a range",
    edit(
      "core/phantom-check",
      "return item?.update.value === undefined ? []",
      "return item === undefined ? []",
    ),
  ),
  ledger(
    "counts the rows of a range and does not compare their versions",
    edit(
      "core/phantom-check",
      "if (!isSameVersion(versionFromWire(read.version), row.version)) return false;",
      "",
    ),
  ),
  ledger(
    "applies what is in conflict",
    edit(
      "core/mvcc",
      "conflicts.set(index, code);",
      "conflicts.set(index, code); applyWrites(set, { blockNumber, txNumber: index }, updates, state);",
    ),
  ),
  ledger(
    "does not record what a transaction reads",
    edit(
      "core/read-write-set-builder",
      "this.#sets(namespace).reads.set(key, { key, version: versionToWire(version) });",
      "this.#sets(namespace);",
    ),
  ),
  ledger(
    "does not chain commit hashes",
    edit("core/commit-hash", "    previous,\n  );", "    EMPTY_BYTES,\n  );"),
  ),
  ledger(
    "leaves deletions out of the commit hash",
    edit("core/commit-hash", "isDelete: update.value === undefined,", "isDelete: false,"),
  ),
  ledger(
    "leaves the verdicts out of the commit hash",
    edit("core/commit-hash", "    filter,\n    encode", "    encode"),
  ),
  ledger(
    "answers a block that is not flushed",
    edit("block-files", "await tail.handle.sync();", "await Promise.resolve();"),
  ),
  ledger(
    "does not flush the directory of a new block file",
    edit("block-files", "await files.syncDirectory(this.#directory);", ""),
  ),
  ledger(
    "takes a torn record for a whole one",
    edit("core/block-record", 'if (checksum !== expected) return { kind: "bad" };', ""),
  ),
  ledger(
    "writes the state before the block",
    edit(
      "commit-queue",
      "const { stored, failure } = await this.#storeBlocks(group);",
      "await state.write(group.flatMap(({ writes }) => writes)); const { stored, failure } = await this.#storeBlocks(group);",
    ),
  ),
  ledger(
    "leaves the state behind the blocks at a start",
    edit("recovery", "if (first === blocks.height) return;", "if (first <= blocks.height) return;"),
  ),
  ledger(
    "applies one block too many at a start",
    edit(
      "recovery",
      "const first = tip.savepoint.height;",
      "const first = Math.max(tip.savepoint.height - 1, 0);",
    ),
  ),
  ledger(
    "forgets ids of transactions in conflict",
    edit(
      "state-batch",
      'if (txId === "" || seen.has(txId)) continue;',
      'if (txId === "" || seen.has(txId) || code !== 0) continue;',
    ),
  ),
  ledger(
    "lets a later copy of an id replace the first",
    edit("state-batch", "if (reader.get(key) === undefined) {", "if (reader !== undefined) {"),
  ),
  ledger(
    "judges by what is durable and forgets what is on its way",
    edit(
      "pending-writes",
      "return write === undefined ? this.#store.get(key) : write.value;",
      "return write === undefined ? undefined : this.#store.get(key);",
    ),
  ),
  ledger(
    "shows deleted rows that are on their way",
    edit(
      "pending-writes",
      "return write?.value === undefined ? [] : [{ key: write.key, value: write.value }];",
      "return write === undefined ? [] : [{ key: write.key, value: write.value ?? new Uint8Array(0) }];",
    ),
  ),
  ledger(
    "applies what is marked as a copy",
    edit("commit-plan", "if (codes[index] !== TxValidationCode.VALID) continue;", ""),
  ),
  ledger("does not see copies in one block", {
    file: "src/committer/core/duplicate-ids.ts",
    search: "if (seen.has(txId)) return TxValidationCode.DUPLICATE_TXID;",
    replacement: "",
  }),
];
