/** What endorsement needs of channels, ledgers and chaincodes. */
import type {
  ChaincodeResolution,
  ExecuteCall,
  ExecuteResult,
  StateAccess,
} from "../chaincode/index.ts";
import type { ChannelConfig } from "../channel/index.ts";
import type { SimulationResults, TransactionRecord, TransientStore } from "../ledger/index.ts";
import type { Block } from "../wire/index.ts";

/** A channel that the peer has joined. */
export interface EndorserChannel {
  readonly config: { current(): ChannelConfig };
  readonly ledger: EndorserLedger;
  /** Keeps private writes until their transaction is committed. */
  readonly transient: Pick<TransientStore, "persist">;
}

/** Private writes of a proposal that was simulated. */
export interface SimulatedPrivateWrites {
  readonly channelId: string;
  readonly txId: string;
  /** Ledger height at endorsement. */
  readonly height: number;
  /** Marshalled `TxPvtReadWriteSet`. */
  readonly bytes: Uint8Array;
}

/** Hands private writes to other peers that may hold them, before the endorsement is given. */
export interface PrivateDistributor {
  /** Undefined when as many peers have them as their collections require, else why not. Rejects only for a bug. */
  distribute(writes: SimulatedPrivateWrites): Promise<string | undefined>;
}

export interface EndorserChannels {
  channel(channelId: string): EndorserChannel | undefined;
  /** Ids of all joined channels, in any order. */
  channelIds(): readonly string[];
}

/** The ledger of one channel. A `Ledger` is one. */
export interface EndorserLedger {
  /** Blocks committed. */
  readonly height: number;
  /** Header hash of the newest block. */
  readonly lastBlockHash: Uint8Array | undefined;
  /** Where a transaction of this id, valid or not, is. */
  transaction(txId: string): TransactionRecord | undefined;
  read(number: number): Promise<Block | undefined>;
  blockByHash(headerHash: Uint8Array): Promise<Block | undefined>;
  /** State as of the newest block; to be closed. */
  simulate(): Simulator;
}

/** One transaction under simulation. */
export interface Simulator extends StateAccess {
  /** What was read and written. To be called once. */
  results(): SimulationResults;
  /** Idempotent. */
  close(): void;
}

/** Finds the definition and the package of a chaincode; the lifecycle is one. */
export interface ChaincodeDirectory {
  resolve(
    channelId: string,
    chaincodeName: string,
    state: Pick<StateAccess, "getState">,
  ): ChaincodeResolution;
}

/** Runs contracts. */
export interface ChaincodeExecutor {
  execute(call: ExecuteCall): Promise<ExecuteResult>;
}

/** The answer of a join. */
export type JoinAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Makes the peer a member of further channels. */
export interface ChannelJoiner {
  /** Resolves with yes once the channel is recorded durably and can be used. Rejects only for a bug. */
  join(channelId: string, genesisBlock: Block): Promise<JoinAnswer>;
}
