/** What invariants see of the nodes: the blocks as they were stored, and what the processes answer without being touched. */
import { sha256 } from "../../crypto/index.ts";
import { equalBytes, toHex } from "../../kernel/bytes.ts";
import { LedgerError, type RangeIterator, type StateReader } from "../../ledger/index.ts";
import type { OrdererView, PeerView, RaftView, StateRow } from "../contracts.ts";
import { CHANNEL_ID } from "../material.ts";
import type { SimulatedNode } from "./simulated-node.ts";

interface Store {
  readonly height: number;
  readBytes(number: number): Promise<Uint8Array | undefined>;
}

/** Blocks that are the same as before when this many in a row are: more below them have not changed. */
const SAME_COUNT = 3;

/**
 * The blocks of one node, read once each. Of a node that comes back the newest are read anew, since its disk may have lost some, down to
 * those that are as they were.
 */
export class StoredBlocks {
  readonly #node: SimulatedNode;
  #store: Store | undefined;
  #blocks: Uint8Array[] = [];
  /** When it was last known to be complete. */
  seenAtMs: number = -Infinity;
  // Of the node when they were read: with the next one these are gone.
  #ledgersLost = 0;

  constructor(node: SimulatedNode) {
    this.#node = node;
  }

  get height(): number {
    return this.#ledgersLost === this.#node.ledgersLost ? this.#blocks.length : 0;
  }

  /** Of the newest block. */
  get fingerprint(): string {
    const newest = this.#blocks.at(-1);
    return newest === undefined ? "none" : toHex(sha256(newest)).slice(0, 16);
  }

  block(number: number): Uint8Array | undefined {
    return this.#blocks[number];
  }

  /** Reads what is new. Answers whether anything was. */
  async refresh(): Promise<boolean> {
    const store = storeOf(this.#node);
    if (store === undefined) return false;
    if (store === this.#store) return this.#readOn(store);
    const known = this.#ledgersLost === this.#node.ledgersLost ? this.#blocks : [];
    this.#store = store;
    this.#ledgersLost = this.#node.ledgersLost;
    this.#blocks = known.slice(0, await keptCount(store, known));
    await this.#readOn(store);
    // A disk that rots says so: what was read of it before stays known.
    if (this.#blocks.length < Math.min(known.length, store.height)) this.#blocks = known;
    return this.#blocks.length > 0;
  }

  /** Reads every block again; those that cannot be read stay as they were. */
  async readAgain(): Promise<void> {
    const store = storeOf(this.#node);
    if (store === undefined || store !== this.#store) return;
    for (const [number, known] of this.#blocks.entries()) {
      const bytes = await readFrom(store, number);
      // One array of those that are equal is kept: there are many of them.
      if (bytes !== undefined && Buffer.compare(bytes, known) !== 0) this.#blocks[number] = bytes;
    }
  }

  async #readOn(store: Store): Promise<boolean> {
    const before = this.#blocks.length;
    while (this.#blocks.length < store.height) {
      const bytes = await readFrom(store, this.#blocks.length);
      if (bytes === undefined) break;
      this.#blocks.push(bytes);
    }
    return this.#blocks.length > before;
  }

  /** Whether there is something to read: otherwise the machine is down, or its process is still starting. */
  get isOpen(): boolean {
    return storeOf(this.#node) !== undefined;
  }

  /** Whether `refresh` would find something. */
  get isBehind(): boolean {
    const store = storeOf(this.#node);
    return store !== undefined && (store !== this.#store || store.height > this.#blocks.length);
  }
}

/** Undefined for a block that cannot be read. */
function readFrom(store: Store, number: number): Promise<Uint8Array | undefined> {
  return store.readBytes(number).catch(() => undefined);
}

/** How many of the blocks that were known before the node's restart it has still. */
async function keptCount(store: Store, known: readonly Uint8Array[]): Promise<number> {
  let count = Math.min(store.height, known.length);
  let sameCount = 0;
  for (let number = count - 1; number >= 0 && sameCount < SAME_COUNT; number -= 1) {
    const bytes = await readFrom(store, number);
    const before = known[number];
    if (bytes !== undefined && before !== undefined && equalBytes(bytes, before)) sameCount += 1;
    else {
      count = number;
      sameCount = 0;
    }
  }
  return count;
}

function storeOf({ orderer, peer }: SimulatedNode): Store | undefined {
  return orderer?.blocks(CHANNEL_ID) ?? peer?.channel(CHANNEL_ID)?.ledger;
}

export function ordererView(node: SimulatedNode, blocks: StoredBlocks): OrdererView {
  return {
    name: node.name,
    get isUp() {
      return node.isUp;
    },
    get height() {
      return node.isUp ? blocks.height : 0;
    },
    get startCount() {
      return node.startCount;
    },
    get ledgersLost() {
      return node.ledgersLost;
    },
    get rotCount() {
      return node.rotCount;
    },
    get endedSinceMs() {
      return node.endedSinceMs;
    },
    get raft() {
      return raftView(node);
    },
    gauge: (name) => node.gauges?.largest(name) ?? 0,
    block: (number) => blocks.block(number),
  };
}

function raftView(node: SimulatedNode): RaftView | undefined {
  const channel = node.orderer?.channel(CHANNEL_ID);
  if (channel === undefined) return undefined;
  const { id, term, role, leaderId, commitIndex, appliedIndex, configuration } =
    channel.replica.status();
  return {
    raftId: id,
    term,
    role: configuration.learners.includes(id)
      ? "learner"
      : role === "preCandidate"
        ? "candidate"
        : role,
    leader: leaderId ?? 0,
    commitIndex,
    appliedIndex,
    voters: configuration.voters,
    isChanging:
      channel.pending !== undefined ||
      configuration.learners.length > 0 ||
      configuration.votersOutgoing.length > 0,
  };
}

export function peerView(node: SimulatedNode, blocks: StoredBlocks): PeerView {
  return {
    name: node.name,
    mspId: node.mspId,
    get isUp() {
      return node.isUp;
    },
    get height() {
      return node.isUp ? blocks.height : 0;
    },
    get startCount() {
      return node.startCount;
    },
    get ledgersLost() {
      return node.ledgersLost;
    },
    get rotCount() {
      return node.rotCount;
    },
    get endedSinceMs() {
      return node.endedSinceMs;
    },
    get seenAtMs() {
      return blocks.seenAtMs;
    },
    get livingMembers() {
      const members = node.peer?.channel(CHANNEL_ID) && node.peer.members(CHANNEL_ID);
      return (members ?? []).map(({ endpoint }) => endpoint.slice(0, endpoint.lastIndexOf(":")));
    },
    gauge: (name) => node.gauges?.largest(name) ?? 0,
    block: (number) => blocks.block(number),
    state: (namespace, key) => {
      const state = node.peer?.channel(CHANNEL_ID)?.ledger.query();
      const value = state?.getState(namespace, key);
      state?.close();
      return value;
    },
    stateEntries: (namespace) => rowsIn(node, (state) => state.range(namespace, "", "")),
    privateEntries: (namespace, collection) =>
      rowsIn(node, (state) => state.privateRange(namespace, collection, "", "")),
    privateValue: (...place) => privateValueOf(node, ...place),
  };
}

function privateValueOf(
  node: SimulatedNode,
  ...place: readonly [namespace: string, collection: string, key: string]
): Uint8Array | undefined {
  const state = node.peer?.channel(CHANNEL_ID)?.ledger.query();
  try {
    return state?.getPrivateData(...place);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "private-data-mismatch") return undefined;
    throw error;
  } finally {
    state?.close();
  }
}

function* rowsIn(
  node: SimulatedNode,
  rowsOf: (state: StateReader) => RangeIterator,
): Generator<StateRow> {
  const state = node.peer?.channel(CHANNEL_ID)?.ledger.query();
  if (state === undefined) return;
  const rows = rowsOf(state);
  try {
    for (let row = rows.next(); row !== undefined; row = rows.next()) yield row;
  } finally {
    rows.close();
    state.close();
  }
}
