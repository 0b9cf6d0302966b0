import type { Edit, Mutant } from "./mutation.ts";

function network(name: string, ...edits: readonly Edit[]): Mutant {
  return { name, hunt: "network", edits };
}

function edit(file: string, search: string, replacement: string): Edit {
  return { file: `${file}.ts`, search, replacement };
}

/** Bugs that show where nodes work together: what clients are told, what is judged, how a node comes back. */
export const NETWORK_MUTANTS: readonly Mutant[] = [
  network(
    "commits an id again that orderers let through",
    edit(
      "src/committer/core/judge-block",
      "if (context.hasTransaction(transaction.txId)) return",
      'if (transaction.txId === "") return',
    ),
    edit(
      "cluster/ordering/leading",
      "if (this.#keys.has(key) || this.#deps.ordered.blockOf(key) !== undefined) return true;",
      "if (this.#keys.has(key)) return true;",
    ),
    edit(
      "cluster/ordering/ordering-chain",
      "if (this.#ordered.blockOf(submission.key) !== undefined) return;",
      "",
    ),
  ),
  network(
    "tells clients that all is valid",
    edit(
      "src/gateway/commit-status",
      "return { result: code, blockNumber };",
      "return { result: code * 0, blockNumber };",
    ),
  ),
  network(
    "tells clients of a commit before it is there",
    edit(
      "src/gateway/commit-watch",
      "const record = this.#ledger.transaction(transactionId);",
      "const record = this.#ledger.transaction(transactionId) ?? { code: 0, blockNumber: 1 } as TransactionRecord;",
    ),
  ),
  network(
    "leaves at a start what its state lacks",
    edit("src/ledger/recovery", "if (first === blocks.height) return;", "if (first > 0) return;"),
  ),
  network(
    "does not flush blocks in a whole network",
    edit("src/ledger/block-files", "await tail.handle.sync();", "await Promise.resolve();"),
  ),
  network(
    "judges reads by what is there in a whole network",
    edit(
      "src/ledger/core/mvcc",
      "const committed = state.publicEntry(namespace, key)?.version;",
      "const committed = versionFromWire(version);",
    ),
  ),
  network(
    "commits what nobody endorsed",
    edit(
      "src/committer/core/namespace-judge",
      "if (!this.#isEndorsed(writes, endorsement, endorsers)) {",
      'if (!this.#isEndorsed(writes, endorsement, endorsers) && writes.namespace === "") {',
    ),
  ),
  network(
    "believes a member whose certificate has ended",
    edit(
      "gossip/service/claim-reader",
      "if (!verdict.ok || verdict.notAfterMs <= this.#clock.wallMs()) return false;",
      "if (!verdict.ok || this.#clock.wallMs() < 0) return false;",
    ),
    edit(
      "gossip/service/handshake",
      'if (identity.notAfterMs <= deps.clock.wallMs()) return refused("the identity has expired");',
      "",
    ),
    edit(
      "gossip/service/connections",
      "if (wallMs < this.#expiresAtMs) return;",
      "if (wallMs > 0) return;",
    ),
  ),
  network(
    "delivers to those whose certificate has ended",
    edit(
      "src/delivery/core/session-access",
      'if (nowMs > this.#expiresAtMs) return "expired";',
      'if (nowMs - this.#expiresAtMs === Infinity) return "expired";',
    ),
  ),
  network(
    "reports success though no orderer took it",
    edit(
      "src/gateway/submit",
      'throw gatewayError("UNAVAILABLE", "no orderers could successfully process transaction", failures);',
      "",
    ),
  ),
  network(
    "reports success while the first orderer is asked",
    edit("src/gateway/submit", "waiting.delete(outcome.endpoint);", "return;"),
  ),
  network(
    "keeps private values of a collection that it is no member of",
    edit(
      "src/ledger/core/private-updates",
      "isKept(namespace, collection) ? findPrivateSet(atHand, wanted) : undefined",
      "isKept(namespace, collection) || true ? findPrivateSet(atHand, wanted) : undefined",
    ),
  ),
  network(
    "never fetches the private values that a commit lacked",
    edit(
      "gossip/service/private-reconciler",
      "if (wanted.length > 0) {",
      "if (wanted.length === Infinity) {",
    ),
  ),
  network(
    "does not judge what private reads found",
    edit(
      "src/ledger/core/mvcc",
      "if (!areHashedReadsCurrent(part, updates, state)) return TxValidationCode.MVCC_READ_CONFLICT;",
      "",
    ),
  ),
  network(
    "leaves private writes out of the commit hash",
    edit(
      "src/ledger/core/commit-hash",
      "for (const collection of updates.collections(namespace)) {",
      "for (const collection of updates.collections(namespace).slice(0, 0)) {",
    ),
  ),
  network(
    "forgets at a start what its blocks hold",
    edit(
      "cluster/ordering/window-checkpoint",
      "for (const [place, keys] of later.entries()) window.append(first + place, keys);",
      "for (const place of later.keys()) window.append(first + place, []);",
    ),
  ),
];
