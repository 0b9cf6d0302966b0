/**
 * What a transaction did, read by the simulator's own eyes: nothing here is shared with the ledger, so that both cannot
 * be wrong in the same way.
 */
import {
  ChaincodeAction,
  ChaincodeActionPayload,
  HashedRWSet,
  HeaderType,
  KVRWSet,
  ProposalResponsePayload,
  Transaction,
  TxReadWriteSet,
  openEnvelope,
  tryDecode,
  type CollectionHashedReadWriteSet,
} from "../../wire/index.ts";

/** One namespace of a transaction's read-write set. */
export interface NamespaceChange {
  readonly namespace: string;
  readonly kv: KVRWSet;
  /** Private data, of which a block holds hashes. */
  readonly collections: readonly CollectionChange[];
}

/** One collection of a namespace. */
export interface CollectionChange {
  readonly collection: string;
  readonly hashed: HashedRWSet;
}

export interface ReadTransaction {
  /** Empty where the envelope does not read so far. */
  readonly txId: string;
  readonly kind: "endorsed" | "other";
  /** Of an endorsed transaction; undefined where it does not read. */
  readonly changes: readonly NamespaceChange[] | undefined;
}

const UNREADABLE: ReadTransaction = { txId: "", kind: "other", changes: undefined };

export function readTransaction(bytes: Uint8Array): ReadTransaction {
  const reading = openEnvelope(bytes);
  if (reading.kind === "malformed") return UNREADABLE;
  const { channelHeader, payload } = reading.opened;
  const { txId, type } = channelHeader;
  if (type !== HeaderType.ENDORSER_TRANSACTION) return { txId, kind: "other", changes: undefined };
  return { txId, kind: "endorsed", changes: readChanges(payload.data) };
}

function readChanges(data: Uint8Array): readonly NamespaceChange[] | undefined {
  const action = tryDecode(Transaction, data)?.actions[0];
  const payload = action && tryDecode(ChaincodeActionPayload, action.payload);
  const response = payload?.action?.proposalResponsePayload;
  const extension = response && tryDecode(ProposalResponsePayload, response)?.extension;
  const results = extension && tryDecode(ChaincodeAction, extension)?.results;
  const set = results && tryDecode(TxReadWriteSet, results);
  if (set === undefined) return undefined;
  const changes: NamespaceChange[] = [];
  for (const { namespace, rwset, collectionHashedRwset } of set.nsRwset) {
    const kv = tryDecode(KVRWSet, rwset);
    const collections = readCollections(collectionHashedRwset);
    if (kv === undefined || collections === undefined) return undefined;
    changes.push({ namespace, kv, collections });
  }
  return changes;
}

function readCollections(
  sets: readonly CollectionHashedReadWriteSet[],
): readonly CollectionChange[] | undefined {
  const changes: CollectionChange[] = [];
  for (const { collectionName, hashedRwset } of sets) {
    const hashed = tryDecode(HashedRWSet, hashedRwset);
    if (hashed === undefined) return undefined;
    changes.push({ collection: collectionName, hashed });
  }
  return changes;
}
