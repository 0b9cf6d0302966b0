import type { Edit, Mutant } from "./mutation.ts";

function orderers(name: string, ...edits: readonly Edit[]): Mutant {
  return { name, hunt: "orderers", edits };
}

function edit(file: string, search: string, replacement: string): Edit {
  return { file: `cluster/${file}.ts`, search, replacement };
}

/** Bugs of ordering: acknowledgements, copies, hand-over, what is written and when. */
export const ORDERING_MUTANTS: readonly Mutant[] = [
  orderers(
    "acknowledges what is only taken",
    edit(
      "ordering/ordering-chain",
      "if (isTaken) pending.sentMs = this.#deps.clock.monotonicMs();",
      'if (isTaken) this.#pending.settle(submission.key, { kind: "ordered", blockNumber: this.#deps.writer.tip.number + 1 });',
    ),
  ),
  orderers(
    "acknowledges a block that is not written yet",
    edit(
      "ordering/ordering-chain",
      "await this.#deps.writer.write([...accepted.values()]);",
      "void this.#deps.writer.write([...accepted.values()]).catch(() => undefined);",
    ),
  ),
  orderers(
    "orders again what is in a block",
    edit(
      "ordering/leading",
      "if (this.#keys.has(key) || this.#deps.ordered.blockOf(key) !== undefined) return true;",
      "if (this.#keys.has(key)) return true;",
    ),
    edit(
      "ordering/ordering-chain",
      "if (this.#ordered.blockOf(submission.key) !== undefined) return;",
      "",
    ),
  ),
  orderers(
    "orders again what is in flight",
    edit(
      "ordering/leading",
      "if (this.#keys.has(key) || this.#deps.ordered.blockOf(key) !== undefined) return true;",
      "if (this.#deps.ordered.blockOf(key) !== undefined) return true;",
    ),
  ),
  orderers(
    "leads before it has applied what came before its term",
    edit(
      "ordering/ordering-chain",
      'if (role !== "leader" || term !== this.#openedTerm || this.#stopped',
      'if (role !== "leader" || term < 0 || this.#stopped',
    ),
  ),
  orderers(
    "knows copies by their signature",
    edit(
      "ordering/core/transaction-key",
      "if (id === opened.channelHeader.txId) return id;",
      "if (id === opened.signatureHeader.nonce.join()) return id;",
    ),
  ),
  orderers(
    "remembers the newest transactions only",
    edit(
      "ordering/limits",
      "export const ORDERED_WINDOW_COUNT = 50_000;",
      "export const ORDERED_WINDOW_COUNT = 20;",
    ),
  ),
  orderers(
    "passes over a block that nobody has stored",
    edit(
      "ordering/block-writer",
      "return raftIndex <= this.#heldIndex;",
      "return this.#heldIndex > 0 && raftIndex <= this.#heldIndex + 1;",
    ),
  ),
  orderers(
    "goes on from an old block after a snapshot",
    edit("ordering/ordering-chain", "await this.#deps.writer.advance();", ""),
  ),
  orderers(
    "takes a snapshot for its blocks",
    edit(
      "ordering/ordering-chain",
      "while (!this.#closing.signal.aborted && !(await this.#pullTo(target)));",
      "",
    ),
  ),
  orderers(
    "leaves who waits without an answer",
    edit(
      "ordering/ordering-chain",
      'for (const key of keys) this.#pending.settle(key, { kind: "ordered", blockNumber: number });',
      "",
    ),
  ),
  orderers(
    "proposes on the block before the newest",
    edit(
      "ordering/core/leader-pipeline",
      "this.#tip = tipOf(block.header);",
      "this.#tip = { ...tipOf(block.header), hash: this.#tip.hash };",
    ),
  ),
  orderers(
    "orders a batch twice now and then",
    edit(
      "ordering/core/leader-pipeline",
      "this.#proposal = undefined;\n    this.#tip",
      "this.#proposal = block.header.number % 7 === 3 ? { batch, startMs, block: nextBlock(tipOf(block.header), block.data.data) } : undefined;\n    this.#tip",
    ),
  ),
  orderers(
    "goes on before the log is on disk",
    edit(
      "replica/raft-replica",
      "const written = this.#log.append({ hardState, installSnapshot, entries: append });",
      "void this.#log.append({ hardState, installSnapshot, entries: append }).catch(() => undefined); const written = Promise.resolve();",
    ),
  ),
];
