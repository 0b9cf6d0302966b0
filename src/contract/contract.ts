/** A contract as a test writes it: functions in the test's own process. */

/** What a function of a contract may ask of its peer. Reads see the state before the transaction. */
export interface ContractContext {
  readonly channelId: string;
  readonly transactionId: string;
  /** Undefined when the key is absent. */
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string | Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
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
