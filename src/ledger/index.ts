/** Blocks on disk, the state that follows from them, and transactions simulated against it. */
export { BlockLayers } from "./block-layers.ts";
export { BlockStore, type BlockStoreOptions } from "./block-store.ts";
export { CONFIG_KEY, CONFIG_NAMESPACE, type CommittedTransaction } from "./commit-plan.ts";
export { type CommittedBlock } from "./commit-reports.ts";
export {
  type TransactionContent,
  type TransactionReading,
  readTransactions,
} from "./core/block-reading.ts";
export {
  type CollectionReadsWrites,
  type NamespaceReadsWrites,
  type PrivateSet,
  type ReadWriteSet,
  parseReadWriteSet,
} from "./core/read-write-set.ts";
export { TransactionLayers, layersOf } from "./core/transaction-layers.ts";
export { type SimulationResults, type WrittenNamespace } from "./core/read-write-set-builder.ts";
export { type StateMetadata } from "./core/state-entry.ts";
export { type TransactionRecord } from "./core/transaction-record.ts";
export { type StateVersion } from "./core/version.ts";
export { LedgerError, type LedgerErrorCode } from "./errors.ts";
export { Ledger, type LedgerDeps } from "./ledger.ts";
export { ledgerIds } from "./ledger-ids.ts";
export { type NamespaceVersion } from "./namespace-versions.ts";
export type { AnnouncedPrivateSet, PrivateSetPlace } from "./private-gaps.ts";
export type { LatePrivateSet } from "./reconciliation.ts";
export {
  type KeyValue,
  type RangeBatch,
  type RangeIterator,
  type RangeOptions,
} from "./range-iterator.ts";
export { type CommittedReader, type StateReader } from "./state-reader.ts";
export { type TransientSet, TransientStore } from "./transient-store.ts";
export { type SimulatedRangeOptions, type TxSimulator } from "./tx-simulator.ts";
