import { HeddleError } from "../kernel/error.ts";

export type NetworkErrorCode =
  /** The folder holds something else, or a network that was not written to its end. */
  | "unusable folder"
  /** A file that a command was given does not hold what it takes. */
  | "unusable file"
  /** Another program listens there. */
  | "port in use"
  /** A process of the network ended or did not become ready. */
  | "node failed"
  | "already running"
  | "not running"
  /** Others depend on what is to be removed. */
  | "needed"
  /** A node refused a request. */
  | "refused"
  /** The transaction was ordered and found invalid. */
  | "invalid transaction"
  | "unknown name";

/** What goes wrong around a development network. */
export class NetworkError extends HeddleError<NetworkErrorCode> {
  override readonly name = "NetworkError";
}
