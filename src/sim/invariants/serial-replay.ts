import { toHex } from "../../kernel/bytes.ts";
import type { Invariant, NetworkView, NodeName, PeerView } from "../contracts.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { Replay, ReplayedBlock, WrittenKey } from "./replay.ts";
import { isSameValue } from "./replayed-state.ts";

interface Progress {
  readonly height: number;
  readonly ledgersLost: number;
}

/**
 * Executing the valid transactions one after the other gives the state of every peer at its height, and every verdict
 * about conflicts is the one that this execution demands.
 */
export class SerialReplay implements Invariant {
  readonly name = "serial replay";
  readonly #history: LedgerHistory;
  readonly #replay: Replay;
  readonly #checked = new Map<NodeName, Progress>();
  readonly #blocks: Cursor<ReplayedBlock>;

  constructor(history: LedgerHistory, replay: Replay) {
    this.#history = history;
    this.#replay = replay;
    this.#blocks = new Cursor(replay.blocks);
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    this.#replay.advance();
    return (
      firstViolation(this.#blocks.unread(), ({ wrongVerdict }) => wrongVerdict) ??
      firstViolation(view.peers, (peer) => this.#checkWritten(peer))
    );
  }

  /** Compares all keys, so that one which no block wrote is seen too. */
  atEnd(view: NetworkView): string | undefined {
    return this.check(view) ?? firstViolation(view.peers, (peer) => this.#checkAll(peer));
  }

  // What the new blocks wrote, as it is after the last of them.
  #checkWritten(peer: PeerView): string | undefined {
    const { name, isUp, height, ledgersLost } = peer;
    if (!isUp) return undefined;
    const before = this.#checked.get(name);
    const from = before?.ledgersLost === ledgersLost ? before.height : 0;
    const to = Math.min(height, this.#replay.blocks.length);
    this.#checked.set(name, { height: to, ledgersLost });
    return firstViolation(this.#replay.blocks.slice(from, to), ({ written }) =>
      firstViolation(written.values(), (key) => this.#difference(peer, to - 1, key)),
    );
  }

  #checkAll(peer: PeerView): string | undefined {
    if (!peer.isUp) return undefined;
    const { state } = this.#replay;
    const last = Math.min(peer.height, this.#replay.blocks.length) - 1;
    return firstViolation(state.namespaces(), (namespace) => {
      const keys = [...state.entriesAfter(last, namespace), ...peer.stateEntries(namespace)];
      return firstViolation(keys, ({ key }) => this.#difference(peer, last, { namespace, key }));
    });
  }

  #difference(peer: PeerView, block: number, { namespace, key }: WrittenKey): string | undefined {
    const expected = this.#replay.state.valueAfter(block, namespace, key);
    const actual = peer.state(namespace, key);
    if (isSameValue(expected, actual)) return undefined;
    return `after block ${block} ${namespace}/${key} is ${textOf(actual)} at ${peer.name}, ${textOf(expected)} by replay`;
  }
}

function textOf(value: Uint8Array | undefined): string {
  return value === undefined ? "absent" : toHex(value);
}
