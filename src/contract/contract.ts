/** A contract as a test writes it: functions in the test's own process. */
import type { CompositeKey } from "./composite-key.ts";

/** A key of the contract's, and its value as text. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/**
 * Values of a collection: those whom its policy names hold them, blocks hold their hashes. Reads see the state before the
 * transaction; a peer that does not hold a value refuses to read it.
 */
export interface PrivateContext {
  /** Undefined when the key is absent. */
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string | Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** SHA-256 of the value as hex, which every peer knows; undefined when the key is absent. */
  hash(key: string): Promise<string | undefined>;
}

/** What a function of a contract may ask of its peer. Reads see the state before the transaction. */
export interface ContractContext {
  readonly channelId: string;
  readonly transactionId: string;
  /** What the client sent along for the endorsers alone: no block holds it. Undefined where it sent nothing of the name. */
  transient(name: string): string | undefined;
  /** A collection of the contract's definition. */
  private(collection: string): PrivateContext;
  /** Undefined when the key is absent. */
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string | Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Keys from `start` on, below `end`, in the order of their UTF-8 bytes; left out: from the first, to the last. Composite keys
   * are not among them.
   */
  range(start?: string, end?: string): AsyncIterable<KeyValue>;
  /** A key of several parts, for `get`, `put` and `delete`. */
  compositeKey(objectType: string, ...attributes: string[]): string;
  /** The parts of such a key. */
  splitCompositeKey(key: string): CompositeKey;
  /** Composite keys that begin with these parts. */
  compositeRange(objectType: string, ...attributes: string[]): AsyncIterable<KeyValue>;
  /** What listeners hear of the transaction once it is committed; a later event takes the place of an earlier one. */
  emit(name: string, payload?: string | Uint8Array): void;
  /**
   * Calls another contract of the channel as part of this transaction, and answers its result as text. Rejects when it refuses;
   * what it has written by then is still part of the transaction, unless this function fails, too.
   */
  call(chaincode: string, name: string, ...args: string[]): Promise<string>;
}

/** Answers text, bytes or nothing. What it throws refuses the transaction. */
export type ContractFunction = (
  context: ContractContext,
  ...args: string[]
) => Promise<ContractResult> | ContractResult;

/** Nothing is no bytes. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what a function without `return` answers
export type ContractResult = string | Uint8Array | undefined | void;

/** Functions by the name that clients call. The same on every peer: results that differ are not endorsed. */
export type Contract = Readonly<Record<string, ContractFunction>>;
