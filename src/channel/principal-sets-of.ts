import { principalSets, type PrincipalSet } from "../policy/index.ts";
import type { MSPPrincipal } from "../wire/index.ts";
import type { ChannelConfig } from "./channel-config.ts";

/**
 * The minimal sets of principals whose signatures satisfy the channel's policy at `policyPath`, with implicit meta
 * policies written out; bounded, and restricted to principals that `isAvailable`, as `principalSets`.
 * `undefined` when there is no such policy. Throws `PolicyError` ("too-large").
 */
export function principalSetsOf(
  config: ChannelConfig,
  policyPath: string,
  isAvailable?: (principal: MSPPrincipal) => boolean,
): readonly PrincipalSet[] | undefined {
  const envelope = config.signaturePolicy(policyPath);
  return envelope === undefined ? undefined : principalSets(envelope, isAvailable);
}
