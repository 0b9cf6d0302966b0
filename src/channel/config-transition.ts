import type { ChannelConfig } from "./channel-config.ts";
import { hasConsensusMigration } from "./capabilities.ts";

interface Organization {
  readonly name: string;
  readonly mspId: string;
}

/**
 * Why `next`, though sound in itself, may not follow `current`, in Fabric's words; `undefined` when it may. Fabric's
 * `ValidateNew`; that sections do not vanish, every configuration makes sure of by itself.
 */
export function transitionFault(current: ChannelConfig, next: ChannelConfig): string | undefined {
  const { consensusType } = current.orderer;
  const migrates = hasConsensusMigration(current.capabilities);
  if (!migrates && consensusType !== next.orderer.consensusType) {
    return `attempted to change consensus type from ${consensusType} to ${next.orderer.consensusType}`;
  }
  return (
    mspIdFault("orderer", current.orderer.organizations, next.orderer.organizations) ??
    mspIdFault("application", current.application.organizations, next.application.organizations)
  );
}

function mspIdFault(
  section: string,
  current: readonly Organization[],
  next: readonly Organization[],
): string | undefined {
  const mspIds = new Map(next.map(({ name, mspId }) => [name, mspId]));
  for (const { name, mspId } of current) {
    const nextMspId = mspIds.get(name);
    if (nextMspId === undefined || nextMspId === mspId) continue;
    return `${section} org ${name} attempted to change MSP ID from ${mspId} to ${nextMspId}`;
  }
  return undefined;
}
