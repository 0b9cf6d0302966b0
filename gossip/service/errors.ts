import { HeddleError } from "../../src/kernel/error.ts";

/** `bad-option`: a configured value is out of its range. `identity-refused`: this peer's own identity is not valid for its MSP. */
export type GossipErrorCode = "bad-option" | "identity-refused";

export class GossipError extends HeddleError<GossipErrorCode> {
  override readonly name = "GossipError";
}
