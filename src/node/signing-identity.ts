import { identityRefusal, MspManager } from "../msp/index.ts";
import { ConfigError } from "./config.ts";
import type { World } from "./world.ts";

/**
 * Throws `ConfigError` where the certificate that a node signs with has ended: others would refuse what it asks for, one after
 * the other and each in its own words. A node that runs when it ends goes on; what it may still do, others judge.
 */
export function requireCurrentIdentity(
  { msps, localMsp, clock }: Pick<World, "msps" | "localMsp" | "clock">,
  identity: Uint8Array,
): void {
  const read = new MspManager([msps.open(localMsp)]).identity(identity);
  if (!read.ok) return;
  const refusal = identityRefusal(read.identity, { nowMs: clock.wallMs() });
  if (refusal !== undefined) throw new ConfigError("invalid configuration", `msp: ${refusal}`);
}
