import { type Identity, isExpired } from "./identity.ts";
import type { NodeRole } from "./node-ous.ts";
import { rolePrincipal } from "./principals.ts";

/**
 * Why a member must not enter now, in words for its operator, or `undefined` when it may: its certificate has expired,
 * or it has not the role that the door is for. `nowMs` is wall-clock time.
 */
export function identityRefusal(
  identity: Identity,
  door: { readonly nowMs: number; readonly role?: "member" | NodeRole },
): string | undefined {
  const { mspId, notAfterMs, certificate } = identity;
  const name = `'${certificate.subject.commonName}' of ${mspId}`;
  if (isExpired(identity, door.nowMs)) {
    const since = new Date(notAfterMs).toISOString();
    return `the certificate of ${name} expired at ${since}: enroll again and replace it`;
  }
  if (door.role !== undefined && !identity.satisfies(rolePrincipal(mspId, door.role))) {
    const units = certificate.subject.organizationalUnits.join(", ");
    return `${name} is not a valid ${door.role} of its organisation (units: ${units || "none"})`;
  }
  return undefined;
}
