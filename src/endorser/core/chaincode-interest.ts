import {
  HashedRWSet,
  KVRWSet,
  TxReadWriteSet,
  decode,
  type ChaincodeCall,
  type ChaincodeInterest,
  type NsReadWriteSet,
} from "../../wire/index.ts";

/**
 * Whose endorsement a transaction with these results will need, for clients that ask discovery.
 * `results` is a marshalled `TxReadWriteSet` of this peer's making; `isSystem` tells the peer's own chaincodes, which
 * do not count; `hasPrivateReads` whether values, not only hashes, of a collection were read.
 */
export function chaincodeInterest(
  results: Uint8Array,
  isSystem: (name: string) => boolean,
  hasPrivateReads: (namespace: string, collection: string) => boolean,
): ChaincodeInterest {
  const chaincodes: ChaincodeCall[] = [];
  for (const set of decode(TxReadWriteSet, results).nsRwset) {
    if (!isSystem(set.namespace)) chaincodes.push(...callsOf(set, hasPrivateReads));
  }
  return { chaincodes };
}

function callsOf(
  set: NsReadWriteSet,
  hasPrivateReads: (namespace: string, collection: string) => boolean,
): ChaincodeCall[] {
  const open = decode(KVRWSet, set.rwset);
  const calls: ChaincodeCall[] = [];
  let hasWrites = open.writes.length > 0;
  for (const { collectionName, hashedRwset } of set.collectionHashedRwset) {
    const isWritten = decode(HashedRWSet, hashedRwset).hashedWrites.length > 0;
    const isRead = hasPrivateReads(set.namespace, collectionName);
    hasWrites ||= isWritten;
    if (!isWritten && !isRead) continue;
    calls.push({
      ...call(set.namespace),
      collectionNames: [collectionName],
      noPrivateReads: !isRead,
    });
  }
  // Writes to collections alone are judged by the collections' policies.
  const isPublic = open.writes.length > 0 || !hasWrites;
  return isPublic ? [call(set.namespace), ...calls] : calls;
}

function call(name: string): ChaincodeCall {
  return {
    name,
    collectionNames: [],
    noPrivateReads: false,
    noPublicWrites: false,
    keyPolicies: [],
    disregardNamespacePolicy: false,
  };
}
