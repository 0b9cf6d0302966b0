import type { StateAccess, StateReader } from "../ports.ts";

/** The namespace and the name of the system chaincode that keeps definitions. */
export const LIFECYCLE_NAMESPACE = "_lifecycle";

/** The namespace of the lifecycle before `_lifecycle`, which this peer does not have. */
export const LEGACY_LIFECYCLE_NAMESPACE = "lscc";

/** Prefix of what is known of other namespaces: definitions in public, approvals in an organisation's collection. */
export const NAMESPACES = "namespaces";

/** Prefix of where an organisation's peers find the code. */
export const CHAINCODE_SOURCES = "chaincode-sources";

const IMPLICIT_COLLECTION_PREFIX = "_implicit_org_";

/** Names the collection that every organisation has without defining it. */
export function implicitCollectionOf(mspId: string): string {
  return IMPLICIT_COLLECTION_PREFIX + mspId;
}

/** The organisation whose implicit collection this is, or undefined for other collections. */
export function mspIdOfImplicitCollection(collection: string): string | undefined {
  return collection.startsWith(IMPLICIT_COLLECTION_PREFIX)
    ? collection.slice(IMPLICIT_COLLECTION_PREFIX.length)
    : undefined;
}

/** The name under which an approval of one sequence is kept. */
export function approvalName(chaincodeName: string, sequence: number): string {
  return `${chaincodeName}#${sequence}`;
}

export function metadataKey(prefix: string, name: string): string {
  return `${prefix}/metadata/${name}`;
}

export function fieldKey(prefix: string, name: string, field: string): string {
  return `${prefix}/fields/${name}/${field}`;
}

/** Values by key. */
export interface KeyReader {
  get(key: string): Uint8Array | undefined;
}

export interface KeyWriter extends KeyReader {
  put(key: string, value: Uint8Array): void;
  delete(key: string): void;
}

/** SHA-256 of values by key: all that other organisations see of a collection. */
export interface KeyHashes {
  hash(key: string): Uint8Array | undefined;
}

/** `_lifecycle`'s public state, to read. */
export function publicReader(state: Pick<StateReader, "getState">): KeyReader {
  return { get: (key) => state.getState(LIFECYCLE_NAMESPACE, key) };
}

/** `_lifecycle`'s public state. */
export function publicState(state: StateAccess): KeyWriter {
  return {
    get: (key) => state.getState(LIFECYCLE_NAMESPACE, key),
    put: (key, value) => {
      state.putState(LIFECYCLE_NAMESPACE, key, value);
    },
    delete: (key) => {
      state.deleteState(LIFECYCLE_NAMESPACE, key);
    },
  };
}

/** What one organisation keeps in `_lifecycle`. */
export function organizationState(state: StateAccess, mspId: string): KeyWriter {
  const collection = implicitCollectionOf(mspId);
  return {
    get: (key) => state.getPrivateData(LIFECYCLE_NAMESPACE, collection, key),
    put: (key, value) => {
      state.putPrivateData(LIFECYCLE_NAMESPACE, collection, key, value);
    },
    delete: (key) => {
      state.deletePrivateData(LIFECYCLE_NAMESPACE, collection, key);
    },
  };
}

/** What everybody sees of what one organisation keeps in `_lifecycle`. */
export function organizationHashes(
  state: Pick<StateReader, "getPrivateDataHash">,
  mspId: string,
): KeyHashes {
  const collection = implicitCollectionOf(mspId);
  return { hash: (key) => state.getPrivateDataHash(LIFECYCLE_NAMESPACE, collection, key) };
}

/** Names of the structures below a prefix. Keys are ASCII by the rule for chaincode names. */
export function structureNames(state: Pick<StateReader, "range">, prefix: string): string[] {
  const start = metadataKey(prefix, "");
  const rows = state.range(LIFECYCLE_NAMESPACE, start, `${start}\u007f`);
  const names: string[] = [];
  try {
    for (let row = rows.next(); row !== undefined; row = rows.next()) {
      names.push(row.key.slice(start.length));
    }
  } finally {
    rows.close();
  }
  return names;
}
