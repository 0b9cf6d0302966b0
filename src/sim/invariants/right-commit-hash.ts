import { sha256 } from "../../crypto/index.ts";
import { assert } from "../../kernel/assert.ts";
import { EMPTY_BYTES, compareUtf8, equalBytes, fromHex, toHex, utf8 } from "../../kernel/bytes.ts";
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
import { hashedNames, type Replay, type ReplayedBlock, type WrittenBy } from "./replay.ts";

/**
 * The commit hash is what Fabric's rule makes of the codes, the writes and the hash before it: equal hashes at all peers
 * prove nothing if all leave something out.
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
    if (number === 0) return undefined;
    const updates = encode(Updates, { kvwrites: this.#writesOf(block) });
    const expected = sha256(encodeUvarint(filter.length), filter, updates, previousCommitHash);
    if (equalBytes(commitHash, expected)) return undefined;
    return `the commit hash of block ${number} is ${toHex(commitHash)} at ${peer} and must be ${toHex(expected)}`;
  }

  // By namespace: its public keys, then those of its collections, each in the order of bytes. Only the first write of a namespace
  // names it, and only the first one of a collection that.
  #writesOf({ judged: { number }, written, writtenHashes }: ReplayedBlock): UpdatesKVWrite[] {
    const { state, hashes } = this.#replay;
    const all = [
      ...[...written.values()].map((key) => ({ ...placeOf(key), values: state })),
      ...[...writtenHashes.values()].map((key) => ({ ...placeOf(key), values: hashes })),
    ].sort(
      (a, b) =>
        compareUtf8(a.name, b.name) ||
        compareUtf8(a.collection, b.collection) ||
        compareUtf8(a.key, b.key),
    );
    return all.map(({ namespace, name, collection, key, transaction, values }, index) => {
      const before = all[index - 1];
      const value = values.valueAfter(number, namespace, key);
      return {
        namespace: before?.name === name ? "" : name,
        collection: before?.namespace === namespace ? "" : collection,
        key: values === hashes ? bytesOfHex(key) : utf8(key),
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

function placeOf(
  key: WrittenBy,
): WrittenBy & { readonly name: string; readonly collection: string } {
  return { ...key, ...hashedNames(key.namespace) };
}

function bytesOfHex(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== undefined, "hashes are kept as hex");
  return bytes;
}
