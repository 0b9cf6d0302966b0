import type { AliveClaim, SealedMessage } from "./claims.ts";

interface Disclosure {
  /** The organisation of this peer. */
  readonly ownMspId: string;
  /** The organisation of the peer that would be told. */
  readonly toMspId: string;
}

/**
 * Fabric: another organisation is told of our members and of its own only, and only of those of ours that have an
 * external endpoint.
 */
export function mayDisclose(
  claim: Pick<AliveClaim, "mspId" | "externalEndpoint">,
  { ownMspId, toMspId }: Disclosure,
): boolean {
  if (toMspId === ownMspId || toMspId === claim.mspId) return true;
  return claim.mspId === ownMspId && claim.externalEndpoint !== "";
}

/** The claim as the told peer may see it: the endpoint inside our organisation stays inside. */
export function disclosed(
  claim: Pick<AliveClaim, "sealed">,
  { ownMspId, toMspId }: Disclosure,
): SealedMessage {
  const { sealed } = claim;
  if (toMspId === ownMspId || sealed.secretEnvelope === undefined) return sealed;
  return { ...sealed, secretEnvelope: undefined };
}
