import type { ChaincodeEvent, SignedProposal } from "../../wire/index.ts";
import type { StateAccess } from "../ports.ts";
import { QueryIterators } from "./query-iterators.ts";

/** What is done with a collection. `hash`: its hashes are read, which are public. */
export type CollectionOperation = "read" | "write" | "hash";

/** One run of one chaincode within a transaction. */
export interface ChaincodeRun {
  readonly channelId: string;
  readonly txId: string;
  /** The chaincode's name: the namespace of its state. */
  readonly namespace: string;
  readonly isInit: boolean;
  /** Marshalled ChaincodeInput. */
  readonly input: Uint8Array;
  /** The client's proposal, for what the contract wants to know of its caller. */
  readonly signedProposal: SignedProposal | undefined;
  readonly state: StateAccess;
  /** Why the caller may not use a private data collection of the namespace, or undefined if it may. */
  collectionRefusal(collection: string, operation: CollectionOperation): string | undefined;
}

/** How a run ended. */
export type RunOutcome =
  | {
      readonly kind: "completed";
      /** Marshalled Response. */
      readonly payload: Uint8Array;
      readonly event: ChaincodeEvent | undefined;
    }
  /** The chaincode answered ERROR with this text. */
  | { readonly kind: "error"; readonly text: string }
  /** The run was never handed to the chaincode. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The stream ended first. */
  | { readonly kind: "terminated" };

/** A run that a process is busy with. */
export class OpenRun {
  readonly run: ChaincodeRun;
  readonly iterators: QueryIterators = new QueryIterators();
  /** A call to another chaincode is under way: the one request that is not answered at once. */
  isCalling = false;

  constructor(run: ChaincodeRun) {
    this.run = run;
  }
}

/** Identifies a run within a process: one transaction id may be at work on several channels. */
export function runKey(channelId: string, txId: string): string {
  return `${channelId.length}:${channelId}${txId}`;
}
