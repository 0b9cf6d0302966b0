import { assert } from "../kernel/assert.ts";
import type { KvReader } from "../kernel/ports/kv-store.ts";
import { ChaincodeEvent, TxValidationCode, tryDecode } from "../wire/index.ts";
import type { TransactionReading } from "./core/block-reading.ts";
import type { BlockUpdates } from "./core/block-updates.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { type CandidateTransaction, replayWrites, validateReads } from "./core/mvcc.ts";
import {
  type PrivateUpdate,
  type WrittenCollection,
  matchPrivateSets,
  privateUpdates,
} from "./core/private-updates.ts";
import { type ReadWriteSet, parsePrivateSets } from "./core/read-write-set.ts";
import { StateView } from "./state-view.ts";
import { readSets } from "./transient-store.ts";

/** Where the state keeps the channel's newest `ConfigEnvelope`. */
export const CONFIG_NAMESPACE = "";
export const CONFIG_KEY = "CHANNEL_CONFIG_ENV_BYTES";

/** A transaction of a committed block. */
export interface CommittedTransaction {
  readonly index: number;
  /** Empty where the envelope could not be read. */
  readonly txId: string;
  /** `HeaderType`, or -1 where the envelope could not be read. */
  readonly type: number;
  readonly code: TxValidationCode;
  /** `name:version` of the chaincode invoked; only of transactions that were validly endorsed. */
  readonly chaincode: string;
  /** Only of valid transactions that set one. */
  readonly event?: ChaincodeEvent;
}

/** What committing a block will change. Nothing has been written yet. */
export interface CommitPlan {
  readonly transactions: readonly CommittedTransaction[];
  readonly updates: BlockUpdates;
  readonly privateUpdates: readonly PrivateUpdate[];
  readonly writtenCollections: readonly WrittenCollection[];
  /** Transactions whose private sets, if any wait for them, are done with. */
  readonly settledTxIds: ReadonlySet<string>;
}

export interface PlanInput {
  readonly blockNumber: number;
  readonly transactions: readonly TransactionReading[];
  /** One verdict for each transaction. */
  readonly codes: readonly TxValidationCode[];
  readonly reader: KvReader;
  readonly keys: ChannelKeys;
  /** Whether private values of a collection may be kept here; absent: all that are at hand. */
  readonly isKept?: (namespace: string, collection: string) => boolean;
}

/** Checks the reads of the transactions that are valid so far, and works out the writes of those that stay so. */
export function planCommit(input: PlanInput): CommitPlan {
  const { candidates, codes } = candidatesOf(input);
  const state = new StateView(input.reader, input.keys);
  const { conflicts, updates } = validateReads(input.blockNumber, candidates, state);
  for (const [index, code] of conflicts) codes[index] = code;
  const valid = candidates.filter(({ index }) => !conflicts.has(index));
  return finishPlan(input, codes, { candidates, valid, updates });
}

/** As `planCommit` for a block whose verdicts are final: it was committed before a crash. */
export function planReplay(input: PlanInput): CommitPlan {
  const { candidates, codes } = candidatesOf(input);
  const state = new StateView(input.reader, input.keys);
  const updates = replayWrites(input.blockNumber, candidates, state);
  return finishPlan(input, codes, { candidates, valid: candidates, updates });
}

function candidatesOf(input: PlanInput): {
  readonly candidates: readonly CandidateTransaction[];
  readonly codes: TxValidationCode[];
} {
  assert(input.codes.length === input.transactions.length, "each transaction has a verdict");
  const codes = [...input.codes];
  const candidates: CandidateTransaction[] = [];
  for (const { index, content } of input.transactions) {
    if (codes[index] !== TxValidationCode.VALID) continue;
    const set = writesOf(content);
    if (typeof set === "number") codes[index] = set;
    else candidates.push({ index, set });
  }
  return { candidates, codes };
}

function writesOf(content: TransactionReading["content"]): ReadWriteSet | TxValidationCode {
  switch (content.kind) {
    case "endorsement":
      if (content.action === undefined) return TxValidationCode.NIL_TXACTION;
      return content.layers.readWriteSet ?? TxValidationCode.INVALID_OTHER_REASON;
    case "config":
      return configWrite(content.config);
    case "other":
      return [];
  }
}

// Fabric: a configuration transaction writes its envelope where no chaincode can.
function configWrite(config: Uint8Array): ReadWriteSet {
  const kv = {
    reads: [],
    rangeQueriesInfo: [],
    writes: [{ key: CONFIG_KEY, isDelete: false, value: config }],
    metadataWrites: [],
  };
  return [{ namespace: CONFIG_NAMESPACE, kv, collections: [] }];
}

interface Outcome {
  readonly candidates: readonly CandidateTransaction[];
  readonly valid: readonly CandidateTransaction[];
  readonly updates: BlockUpdates;
}

function finishPlan(
  input: PlanInput,
  codes: readonly TxValidationCode[],
  { candidates, valid, updates }: Outcome,
): CommitPlan {
  const state = new StateView(input.reader, input.keys);
  const writtenCollections = valid.flatMap((each) => collectionsOf(input, each));
  return {
    transactions: input.transactions.map((each) => describe(each, codes[each.index])),
    updates,
    privateUpdates: privateUpdates(writtenCollections, updates, (namespace, collection, key) =>
      state.privateEntry(namespace, collection, key),
    ),
    writtenCollections,
    settledTxIds: settledTxIds(input.transactions, candidates),
  };
}

function collectionsOf(
  { blockNumber, transactions, reader, keys, isKept }: PlanInput,
  { index, set }: CandidateTransaction,
): readonly WrittenCollection[] {
  if (!hasPrivateWrites(set)) return [];
  const txId = transactions[index]?.txId ?? "";
  const atHand = readSets(reader, keys, txId).flatMap(({ bytes }) => parsePrivateSets(bytes) ?? []);
  return matchPrivateSets(set, { blockNumber, txNumber: index }, atHand, isKept);
}

// A transaction that was read and announces no private set has none waiting: most are spared the look.
function settledTxIds(
  transactions: readonly TransactionReading[],
  candidates: readonly CandidateTransaction[],
): ReadonlySet<string> {
  const publicOnly = new Set(
    candidates.filter(({ set }) => !hasPrivateWrites(set)).map(({ index }) => index),
  );
  return new Set(
    transactions.filter(({ index }) => !publicOnly.has(index)).map(({ txId }) => txId),
  );
}

function hasPrivateWrites(set: ReadWriteSet): boolean {
  return set.some(({ collections }) =>
    collections.some(({ privateSetHash }) => privateSetHash.length > 0),
  );
}

const ENDORSED: ReadonlySet<TxValidationCode> = new Set([
  TxValidationCode.VALID,
  TxValidationCode.MVCC_READ_CONFLICT,
  TxValidationCode.PHANTOM_READ_CONFLICT,
]);

function describe(
  reading: TransactionReading,
  code: TxValidationCode | undefined,
): CommittedTransaction {
  assert(code !== undefined, "each transaction has a verdict");
  const { index, txId, type, content } = reading;
  const base = { index, txId, type, code };
  const action = content.kind === "endorsement" ? content.action : undefined;
  if (action === undefined || !ENDORSED.has(code)) return { ...base, chaincode: "" };
  const { name, version } = action.chaincodeId ?? { name: "", version: "" };
  const described = { ...base, chaincode: `${name}:${version}` };
  if (code !== TxValidationCode.VALID || action.events.length === 0) return described;
  const event = tryDecode(ChaincodeEvent, action.events);
  return event === undefined ? described : { ...described, event };
}
