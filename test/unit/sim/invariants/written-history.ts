/** Histories written by hand: views that a test fills, and a chain of blocks with the verdicts of the real ledger. */
import { sha256 } from "../../../../src/crypto/index.ts";
import { EMPTY_BYTES, equalBytes, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { commitHash } from "../../../../src/ledger/core/commit-hash.ts";
import type { CommittedState } from "../../../../src/ledger/core/committed-state.ts";
import { validateReads } from "../../../../src/ledger/core/mvcc.ts";
import { parseReadWriteSet } from "../../../../src/ledger/index.ts";
import { withVerdicts } from "../../../../src/ledger/block-verdicts.ts";
import type { StateEntry } from "../../../../src/ledger/core/state-entry.ts";
import type {
  NetworkView,
  OrdererView,
  PeerView,
  RaftView,
  StateRow,
} from "../../../../src/sim/contracts.ts";
import { BANK } from "../../../../src/sim/workload/bank-contract.ts";
import {
  Block,
  TxValidationCode,
  encode,
  type KVRead,
  type KVReadHash,
  type KVWrite,
  type Partially,
} from "../../../../src/wire/index.ts";
import { sampleResults } from "../../../support/sample-transactions.ts";
import { endorserEnvelope, nextBlock } from "../../ledger/block-builder.ts";

const SHARED = "shared";

/** A transaction of the bank's namespace. Keys that it reads are read as they are at the last block, unless given. */
export interface WrittenTransaction {
  readonly txId: string;
  readonly reads?: readonly (string | KVRead)[];
  /** Undefined deletes. */
  readonly writes?: Readonly<Record<string, string | undefined>>;
  /** Private values of the shared collection; undefined deletes. */
  readonly hides?: Readonly<Record<string, string | undefined>>;
  /** Private keys there whose hashes it reads, as they are at the last block. */
  readonly seals?: readonly string[];
  /** Comes again under an id that is taken. */
  readonly isDuplicate?: boolean;
}

export class WrittenChain {
  readonly #blocks: Block[] = [
    withVerdicts(nextBlock(undefined, [utf8("genesis")]), Uint8Array.of(0), EMPTY_BYTES),
  ];
  readonly #states: ReadonlyMap<string, StateEntry>[] = [new Map<string, StateEntry>()];
  readonly #hashes: ReadonlyMap<string, StateEntry>[] = [new Map<string, StateEntry>()];
  readonly #secrets: ReadonlyMap<string, string>[] = [new Map<string, string>()];
  #commitHash: Uint8Array = EMPTY_BYTES;

  get height(): number {
    return this.#blocks.length;
  }

  /** As peers store it; `change` makes it another one. */
  bytes(number: number, change: (block: Block) => Block = (block) => block): Uint8Array {
    return encode(Block, change(this.#blocks[number]!));
  }

  /** The bank's keys after `number`. */
  state(number: number): ReadonlyMap<string, StateEntry> {
    return this.#states[number]!;
  }

  /** Private values after `number` by `shared/key`, as a member holds them. */
  secrets(number: number): ReadonlyMap<string, string> {
    return this.#secrets[number]!;
  }

  add(...transactions: readonly WrittenTransaction[]): this {
    const block = nextBlock(
      this.#blocks.at(-1),
      transactions.map((each) => this.#envelope(each)),
    );
    const before = this.#states.at(-1)!;
    const candidates = transactions.flatMap((each, index) =>
      each.isDuplicate === true ? [] : [{ index, set: parseReadWriteSet(this.#results(each))! }],
    );
    const { number } = block.header!;
    const { conflicts, updates } = validateReads(
      number,
      candidates,
      committed(before, this.#hashes.at(-1)!),
    );
    const filter = Uint8Array.from(transactions, ({ isDuplicate }, index) =>
      isDuplicate === true
        ? TxValidationCode.DUPLICATE_TXID
        : (conflicts.get(index) ?? TxValidationCode.VALID),
    );
    this.#commitHash = commitHash(filter, updates, this.#commitHash);
    this.#blocks.push(withVerdicts(block, filter, this.#commitHash));
    const after = new Map(before);
    for (const { key, update } of updates.publicUpdates(BANK)) {
      if (update.value === undefined) after.delete(key);
      else after.set(key, { ...update, value: update.value });
    }
    this.#states.push(after);
    const hashes = new Map(this.#hashes.at(-1));
    for (const { keyHash, update } of updates.hashedUpdates(BANK, SHARED)) {
      if (update.value === undefined) hashes.delete(toHex(keyHash));
      else hashes.set(toHex(keyHash), { ...update, value: update.value });
    }
    this.#hashes.push(hashes);
    this.#secrets.push(this.#secretsAfter(transactions, filter));
    return this;
  }

  #secretsAfter(
    transactions: readonly WrittenTransaction[],
    filter: Uint8Array,
  ): ReadonlyMap<string, string> {
    const secrets = new Map(this.#secrets.at(-1));
    for (const [index, { hides = {} }] of transactions.entries()) {
      if (filter[index] !== TxValidationCode.VALID) continue;
      for (const [key, value] of Object.entries(hides)) {
        if (value === undefined) secrets.delete(`${SHARED}/${key}`);
        else secrets.set(`${SHARED}/${key}`, value);
      }
    }
    return secrets;
  }

  #envelope(transaction: WrittenTransaction): Uint8Array {
    return endorserEnvelope({ txId: transaction.txId, results: this.#results(transaction) });
  }

  #results(transaction: WrittenTransaction): Uint8Array {
    const { reads = [], writes = {}, hides = {}, seals = [] } = transaction;
    const kv: { reads: Partially<KVRead>[]; writes: KVWrite[] } = {
      reads: reads.map((read) => (typeof read === "string" ? this.#read(read) : read)),
      writes: Object.entries(writes).map(([key, value]) => ({
        key,
        isDelete: value === undefined,
        value: utf8(value ?? ""),
      })),
    };
    const hashed = {
      hashedReads: seals.map((key) => this.#readHash(key)),
      hashedWrites: Object.entries(hides).map(([key, value]) => ({
        keyHash: sha256(utf8(key)),
        isDelete: value === undefined,
        valueHash: value === undefined ? EMPTY_BYTES : sha256(utf8(value)),
        isPurge: false,
      })),
    };
    const isPrivate = hashed.hashedReads.length + hashed.hashedWrites.length > 0;
    const collections = isPrivate ? { [SHARED]: hashed } : {};
    return sampleResults({ namespace: BANK, kv, collections });
  }

  #readHash(key: string): KVReadHash {
    const keyHash = sha256(utf8(key));
    const version = this.#hashes.at(-1)!.get(toHex(keyHash))?.version;
    const wire = version && { blockNum: version.blockNumber, txNum: version.txNumber };
    return { keyHash, version: wire };
  }

  #read(key: string): KVRead {
    const version = this.#states.at(-1)!.get(key)?.version;
    const wire = version && { blockNum: version.blockNumber, txNum: version.txNumber };
    return { key, version: wire };
  }
}

function committed(
  state: ReadonlyMap<string, StateEntry>,
  hashes: ReadonlyMap<string, StateEntry>,
): CommittedState {
  return {
    publicEntry: (_, key) => state.get(key),
    hashedEntry: (_namespace, _collection, keyHash) => hashes.get(toHex(keyHash)),
    *publicRows() {
      // These transactions query no ranges.
    },
  };
}

/** A network that a test changes as it likes. */
export class WrittenNetwork {
  atMs = 0;
  readonly orderers: WrittenOrderer[];
  readonly peers: WrittenPeer[];
  queues: NetworkView["queues"] = [];

  constructor(chain: WrittenChain, size = { orderers: 3, peers: 2 }) {
    const names = (count: number, prefix: string): readonly string[] =>
      Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
    this.orderers = names(size.orderers, "orderer").map((name) => new WrittenOrderer(name, chain));
    this.peers = names(size.peers, "peer").map((name) => new WrittenPeer(name, chain));
    for (const peer of this.peers) peer.livingMembers = this.peers.map(({ name }) => name);
  }

  get view(): NetworkView {
    const { atMs, orderers, peers, queues } = this;
    return { atMs, orderers, peers, queues };
  }

  /** Every node has the first `height` blocks. */
  reach(height: number): NetworkView {
    for (const node of [...this.orderers, ...this.peers]) node.height = height;
    return this.view;
  }
}

class WrittenNode {
  readonly name: string;
  readonly chain: WrittenChain;
  isUp = true;
  startCount = 1;
  ledgersLost = 0;
  endedSinceMs: number | undefined = undefined;
  height = 0;
  /** What this node stores instead of the chain's block; `undefined` as a value: nothing. */
  readonly instead: Map<number, Uint8Array | undefined> = new Map();

  constructor(name: string, chain: WrittenChain) {
    this.name = name;
    this.chain = chain;
  }

  block(number: number): Uint8Array | undefined {
    return this.instead.has(number) ? this.instead.get(number) : this.chain.bytes(number);
  }
}

class WrittenOrderer extends WrittenNode implements OrdererView {
  raft: RaftView | undefined = undefined;
}

class WrittenPeer extends WrittenNode implements PeerView {
  mspId = "Org1MSP";
  livingMembers: readonly string[] = [];
  seenAtMs: number = Infinity;
  /** What this peer's state holds instead; `undefined` as a value: nothing. */
  readonly values: Map<string, string | undefined> = new Map();
  /** As `values`, of private ones, by `collection/key`. */
  readonly secrets: Map<string, string | undefined> = new Map();

  state(namespace: string, key: string): Uint8Array | undefined {
    if (namespace !== BANK) return undefined;
    if (!this.values.has(key)) return this.chain.state(this.height - 1).get(key)?.value;
    const value = this.values.get(key);
    return value === undefined ? undefined : utf8(value);
  }

  privateValue(_namespace: string, collection: string, key: string): Uint8Array | undefined {
    const place = `${collection}/${key}`;
    const own = this.secrets.has(place)
      ? this.secrets.get(place)
      : this.chain.secrets(this.height - 1).get(place);
    return own === undefined ? undefined : utf8(own);
  }

  *privateEntries(namespace: string, collection: string): Iterable<StateRow> {
    const places = [...this.chain.secrets(this.height - 1).keys(), ...this.secrets.keys()];
    for (const place of new Set(places)) {
      const key = place.slice(collection.length + 1);
      const value = place.startsWith(`${collection}/`)
        ? this.privateValue(namespace, collection, key)
        : undefined;
      if (value !== undefined) yield { key, value };
    }
  }

  *stateEntries(namespace: string): Iterable<{ key: string; value: Uint8Array }> {
    const keys = new Set([...this.chain.state(this.height - 1).keys(), ...this.values.keys()]);
    for (const key of keys) {
      const value = this.state(namespace, key);
      if (value !== undefined) yield { key, value };
    }
  }
}

/** A view of Raft in a quiet group of three, led by 1. */
export function raftView(raftId: number, changes: Partial<RaftView> = {}): RaftView {
  const role = raftId === 1 ? "leader" : "follower";
  const progress = { term: 2, leader: 1, commitIndex: 5, appliedIndex: 5 };
  return { raftId, role, ...progress, voters: [1, 2, 3], ...changes };
}

/** Spoils one byte of a marshalled block's data, so that it is another block that still reads. */
export function otherData(block: Block): Block {
  const [first, ...rest] = block.data!.data;
  const spoiled = Uint8Array.from(first!);
  spoiled[spoiled.length - 1]! ^= 1;
  if (equalBytes(spoiled, first!)) throw new Error("nothing changed");
  return { ...block, data: { data: [spoiled, ...rest] } };
}
