/** What invariants see of the nodes: the blocks as they were stored, and what the processes answer without being touched. */
import { sha256 } from "../../crypto/index.ts";
import { toHex } from "../../kernel/bytes.ts";
import type { OrdererView, PeerView, RaftView } from "../contracts.ts";
import { CHANNEL_ID } from "../material.ts";
import type { SimulatedNode } from "./simulated-node.ts";

interface Store {
  readonly height: number;
  readBytes(number: number): Promise<Uint8Array | undefined>;
}

/** The blocks of one node, read once each. A node that comes back is read anew: its disk may have lost some. */
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
    const known = this.#ledgersLost === this.#node.ledgersLost ? this.#blocks : [];
    if (store !== this.#store) {
      this.#store = store;
      this.#blocks = [];
      this.#ledgersLost = this.#node.ledgersLost;
    }
    const before = this.#blocks.length;
    while (this.#blocks.length < store.height) {
      // A disk that rots says so: what was read of it before stays known.
      const bytes = await store.readBytes(this.#blocks.length).catch(() => undefined);
      if (bytes === undefined) {
        if (this.#blocks.length < known.length) this.#blocks = known;
        break;
      }
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
    stateEntries: (namespace) => entriesOf(node, namespace),
  };
}

function* entriesOf(
  node: SimulatedNode,
  namespace: string,
): Generator<{ readonly key: string; readonly value: Uint8Array }> {
  const state = node.peer?.channel(CHANNEL_ID)?.ledger.query();
  if (state === undefined) return;
  const rows = state.range(namespace, "", "");
  try {
    for (let row = rows.next(); row !== undefined; row = rows.next()) yield row;
  } finally {
    rows.close();
    state.close();
  }
}
