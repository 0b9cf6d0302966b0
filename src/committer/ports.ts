/** What validation and commit need of a channel's ledger and of its configuration. */
import type { ChannelConfig } from "../channel/index.ts";
import type { CommittedBlock, NamespaceVersion } from "../ledger/index.ts";
import type { Block, TxValidationCode } from "../wire/index.ts";

/** The channel's ledger; only the committer writes to it. */
export interface CommitterLedger {
  /** Blocks committed. */
  readonly height: number;
  /** The channel as of the newest block that was given to `commit`, durable or not: what the next one is judged by. */
  readonly tip: LedgerTip;
  /**
   * Durable, with state readable, when it resolves. `tip` has the block when the call returns, so that the next one need not
   * wait.
   */
  commit(block: Block, codes: readonly TxValidationCode[]): Promise<CommittedBlock>;
}

export interface LedgerTip {
  /** Whether a transaction of this id, valid or not, is in a block. */
  hasTransaction(txId: string): boolean;
  /** To be read at once and closed. */
  query(): CommittedState;
  /** The same as long as the public state of the namespace, as `query` shows it, is the same. */
  versionOf(namespace: string): NamespaceVersion;
}

/** Brings private write sets that a block needs and this peer lacks, before it is committed. */
export interface PrivateSetGatherer {
  /**
   * Resolves, within a bounded time, when what can be had is there. `earlierCommitted` resolves when all blocks before this one
   * can be read. Rejects only when the store fails.
   */
  gather(
    block: Block,
    codes: readonly TxValidationCode[],
    earlierCommitted: () => Promise<void>,
  ): Promise<void>;
}

/** State as of one block. */
export interface CommittedState {
  getState(namespace: string, key: string): Uint8Array | undefined;
  getStateMetadata(namespace: string, key: string): ReadonlyMap<string, Uint8Array>;
  getPrivateDataMetadataByHash(
    namespace: string,
    collection: string,
    keyHash: Uint8Array,
  ): ReadonlyMap<string, Uint8Array>;
  close(): void;
}

/** The newest configuration of the channel; only the committer replaces it. */
export interface ConfigHolder {
  current(): ChannelConfig;
  replace(next: ChannelConfig): void;
}
