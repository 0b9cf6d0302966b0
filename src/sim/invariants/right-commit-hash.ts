import { sha256 } from "../../crypto/index.ts";
import { EMPTY_BYTES, compareUtf8, equalBytes, toHex, utf8 } from "../../kernel/bytes.ts";
import {
  Updates,
  encode,
  encodeOrderedVarint,
  encodeUvarint,
  type UpdatesKVWrite,
} from "../../wire/index.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { Replay, ReplayedBlock } from "./replay.ts";

/**
 * The commit hash is what Fabric's rule makes of the codes, the writes and the hash before it: equal hashes at all peers
 * prove nothing if all leave something out. Blocks that touch private data are taken as they are.
 */
export class RightCommitHash implements Invariant {
  readonly name = "right commit hash";
  readonly #history: LedgerHistory;
  readonly #replay: Replay;
  readonly #blocks: Cursor<ReplayedBlock>;

  constructor(history: LedgerHistory, replay: Replay) {
    this.#history = history;
    this.#replay = replay;
    this.#blocks = new Cursor(replay.blocks);
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    this.#replay.advance();
    return firstViolation(this.#blocks.unread(), (block) => this.#violationOf(block));
  }

  #violationOf(block: ReplayedBlock): string | undefined {
    const { number, peer, filter, commitHash, previousCommitHash } = block.judged;
    // Fabric: the chain of commit hashes begins with the first block after genesis.
    if (number === 0 || block.hasCollections) return undefined;
    const updates = encode(Updates, { kvwrites: this.#writesOf(block) });
    const expected = sha256(encodeUvarint(filter.length), filter, updates, previousCommitHash);
    if (equalBytes(commitHash, expected)) return undefined;
    return `the commit hash of block ${number} is ${toHex(commitHash)} at ${peer} and must be ${toHex(expected)}`;
  }

  // In the order of namespaces and keys; only the first write of a namespace names it.
  #writesOf({ judged: { number }, written: keys }: ReplayedBlock): UpdatesKVWrite[] {
    const written = [...keys.values()].sort(
      (a, b) => compareUtf8(a.namespace, b.namespace) || compareUtf8(a.key, b.key),
    );
    return written.map(({ namespace, key, transaction }, index) => {
      const value = this.#replay.state.valueAfter(number, namespace, key);
      return {
        namespace: written[index - 1]?.namespace === namespace ? "" : namespace,
        collection: "",
        key: utf8(key),
        isDelete: value === undefined,
        value: value ?? EMPTY_BYTES,
        versionBytes: Uint8Array.from([
          ...encodeOrderedVarint(number),
          ...encodeOrderedVarint(transaction),
        ]),
      };
    });
  }
}
