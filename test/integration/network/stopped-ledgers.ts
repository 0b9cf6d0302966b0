/** What the nodes of a stopped network have on disk, in a form to compare. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import type { KvStore } from "../../../src/kernel/ports/kv-store.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { LmdbKvStore } from "../../../src/ledger/adapters/lmdb-kv-store.ts";
import { ChannelKeys } from "../../../src/ledger/core/keys.ts";
import { BlockStore, Ledger, readTransactions } from "../../../src/ledger/index.ts";
import {
  BLOCK_METADATA,
  BlockData,
  blockHeaderHash,
  encode,
  type Block,
} from "../../../src/wire/index.ts";
import { channelOf, dataOf } from "./faults.ts";
import type { TestNetwork } from "./harness.ts";

export interface StoredTransaction {
  readonly transactionId: string;
  readonly blockNumber: number;
  /** `TxValidationCode`. */
  readonly code: number;
}

const disk = { files: nodeFiles, timers: systemTimers, logger: silentLogger };

/** Every block of a node, oldest first. */
export async function readBlocks(net: TestNetwork, name: string): Promise<readonly Block[]> {
  const directory = join(channelOf(net, name), "blocks");
  const store = await BlockStore.open({ ...disk, directory });
  try {
    const blocks: Block[] = [];
    for (let number = 0; number < store.height; number += 1) {
      blocks.push((await store.read(number))!);
    }
    return blocks;
  } finally {
    await store.close();
  }
}

/** Header and data of each block: what all nodes have in common. */
export function contentsOf(blocks: readonly Block[]): readonly string[] {
  return blocks.map(({ header, data }) => {
    const bytes = encode(BlockData, data!);
    return `${toHex(blockHeaderHash(header!))} ${digest(bytes)}`;
  });
}

/** Verdicts and commit hash of each block: what all peers have in common. */
export function verdictsOf(blocks: readonly Block[]): readonly string[] {
  return blocks.map(({ metadata }) => {
    const { transactionsFilter, commitHash } = BLOCK_METADATA;
    const parts = [transactionsFilter, commitHash].map((index) => metadata!.metadata[index]!);
    return parts.map((bytes) => toHex(bytes)).join(" ");
  });
}

export function transactionsOf(blocks: readonly Block[]): readonly StoredTransaction[] {
  return blocks.flatMap((block) => {
    const codes = block.metadata!.metadata[BLOCK_METADATA.transactionsFilter]!;
    const { number } = block.header!;
    return readTransactions(block).map(({ txId, index }) => {
      return { transactionId: txId, blockNumber: number, code: codes[index]! };
    });
  });
}

/** For each table of the state that all peers have in common, how many entries it has and their hash. */
export type StateDigest = Readonly<Record<string, string>>;

/** Of a peer's state: public values and hashes of private ones, with their versions, transactions, block hashes, savepoint. */
export async function stateDigest(net: TestNetwork, peer: string): Promise<StateDigest> {
  const state = LmdbKvStore.open(join(dataOf(net, peer), "state"));
  try {
    return digestOf(state, net.topology.channelId);
  } finally {
    await state.close();
  }
}

/** As `stateDigest`, of the state that follows from the peer's blocks alone. */
export async function replayedDigest(net: TestNetwork, peer: string): Promise<StateDigest> {
  const { channelId } = net.topology;
  const directory = join(channelOf(net, peer), "blocks");
  const state = LmdbKvStore.open(join(net.directory, `replayed-${peer}`));
  try {
    const deps = { files: nodeFiles, directory, state, clock: systemClock, timers: systemTimers };
    const silent = { logger: silentLogger, meter: silentMeter };
    const ledger = await Ledger.open({ ...deps, ...silent }, channelId);
    await ledger.close();
    return digestOf(state, channelId);
  } finally {
    await state.close();
  }
}

/** Ids of these that a peer's state does not hold in a chaincode's namespace. */
export async function absentKeys(
  net: TestNetwork,
  peer: string,
  { namespace, keys }: { readonly namespace: string; readonly keys: readonly string[] },
): Promise<readonly string[]> {
  const state = LmdbKvStore.open(join(dataOf(net, peer), "state"));
  try {
    const places = new ChannelKeys(net.topology.channelId);
    return keys.filter((key) => state.get(places.publicState(namespace, key)) === undefined);
  } finally {
    await state.close();
  }
}

function digestOf(state: KvStore, channelId: string): StateDigest {
  const keys = new ChannelKeys(channelId);
  const tableOffset = keys.savepoint().length - 1;
  const tableOf = (key: Uint8Array): number => key[tableOffset]!;
  // A peer has private values of its own organisation, and sets that wait for transactions it endorsed.
  const own = new Set(
    [
      keys.privateState("", "", ""),
      keys.privateSet(0, 0, "", ""),
      keys.missingPrivateSet(0, 0, "", ""),
      keys.transientSet("", utf8("")),
      keys.transientHeight(0, ""),
    ].map(tableOf),
  );
  const tables = new Map<number, { count: number; hash: ReturnType<typeof createHash> }>();
  for (const { key, value } of state.range({ start: Uint8Array.of(0) })) {
    const table = tableOf(key);
    if (own.has(table)) continue;
    const tally = tables.get(table) ?? { count: 0, hash: createHash("sha256") };
    tables.set(table, tally);
    tally.count += 1;
    tally.hash.update(`${key.length} ${value.length} `).update(key).update(value);
  }
  return Object.fromEntries(
    [...tables].map(([table, { count, hash }]) => [
      `table 0x${table.toString(16)}`,
      `${count} entries ${hash.digest("hex")}`,
    ]),
  );
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
