import type { Random } from "../../kernel/ports/random.ts";

/** One call of a contract's function. */
export interface ContractCall {
  readonly contract: string;
  readonly fn: string;
  readonly args: readonly string[];
}

/** What clients do in place of what the bank's would, and what their contracts promise. */
export interface Workload {
  /** The next call of a client. Whatever it draws comes from `random`, so that a seed gives the same run. */
  call(random: Random): ContractCall;
  /**
   * What is broken in the state of a contract at some height of some peer; undefined: nothing. `stateOf` answers the keys of a
   * contract with their values as text.
   */
  violationIn?(stateOf: (contract: string) => ReadonlyMap<string, string>): string | undefined;
}
