import { HeddleError } from "../kernel/error.ts";

export type TestNetworkErrorCode = "unknown name" | "not running" | "timed out" | "closed";

/** What goes wrong around a network in a test's process. */
export class TestNetworkError extends HeddleError<TestNetworkErrorCode> {
  override readonly name = "TestNetworkError";
}
