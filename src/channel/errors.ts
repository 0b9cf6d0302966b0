import { HeddleError } from "../kernel/error.ts";

/**
 * `malformed-block`: a block that holds no readable configuration.
 * `invalid-config`: a configuration that breaks a rule; `data.path` says where, such as `/Channel/Orderer/BatchSize`.
 * `unsupported-capability`: a configuration that asks for what this program cannot do.
 */
export type ChannelErrorCode = "malformed-block" | "invalid-config" | "unsupported-capability";

/** A channel configuration from elsewhere that cannot be used. */
export class ChannelError extends HeddleError<ChannelErrorCode> {
  override readonly name = "ChannelError";
}

/** The error for what is wrong at `path` of a configuration. */
export function invalidConfig(path: string, problem: string, cause?: unknown): ChannelError {
  return new ChannelError("invalid-config", `${path}: ${problem}`, { data: { path }, cause });
}
