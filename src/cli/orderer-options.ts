/** What the commands on a network's orderers are told. */
import type { DirectoryOptions } from "./shared-options.ts";

export interface OrdererAddOptions extends DirectoryOptions {
  readonly name?: string;
}

export interface OrdererRemoveOptions extends DirectoryOptions {
  readonly yes: boolean;
  readonly keepData: boolean;
}

export interface OrdererListOptions extends DirectoryOptions {
  readonly channel?: string;
}

export interface OrdererTransferOptions extends DirectoryOptions {
  readonly channel?: string;
  readonly to?: string;
}

export interface OrdererDrainOptions extends DirectoryOptions {
  readonly undo: boolean;
}

export interface OrdererRecoverOptions extends DirectoryOptions {
  readonly forceNewCluster: string;
  readonly channel: string;
  readonly yesIMayLoseTransactions: boolean;
}
