import { HeddleError } from "../kernel/error.ts";

export type ContractErrorCode = "unknown name" | "bad key" | "contract failed";

/** What a contract in this process cannot do: its text refuses the transaction. */
export class ContractError extends HeddleError<ContractErrorCode> {
  override readonly name = "ContractError";
}
