import { HeddleError } from "../kernel/error.ts";

/**
 * `invalid-package`: bytes that are no chaincode package. `package-not-found`: no such package is installed.
 * `invalid-state`: what `_lifecycle` keeps cannot be read. `launch-failed`: a chaincode could not be started or reached.
 * `refused`: a request that the rules forbid. `not-defined`: the channel has no such chaincode.
 */
export type ChaincodeErrorCode =
  | "invalid-package"
  | "package-not-found"
  | "invalid-state"
  | "launch-failed"
  | "refused"
  | "not-defined";

/** What can go wrong with chaincodes, their packages and their definitions. */
export class ChaincodeError extends HeddleError<ChaincodeErrorCode> {
  override readonly name = "ChaincodeError";
}
