/** Channel configurations: reading, checking and holding them, making the first one, and each further one from an update. */
export { ChannelError, type ChannelErrorCode } from "./errors.ts";
export { ChannelConfig, type OrdererEndpoint } from "./channel-config.ts";
export { ChannelConfigRef, type ChannelConfigListener } from "./channel-config-ref.ts";
export { configOfBlock, isConfigBlock, lastConfigNumber } from "./config-block.ts";
export { type CapabilitySet, hasConsensusMigration } from "./capabilities.ts";
export {
  CONSENSUS_TYPE_RAFT,
  type BatchSize,
  type OrdererOrganization,
  type OrdererSection,
} from "./orderer-section.ts";
export type {
  AnchorPeer,
  ApplicationOrganization,
  ApplicationSection,
} from "./application-section.ts";
export type { RaftConsenter, RaftOptions } from "./raft-metadata.ts";
export { principalSetsOf } from "./principal-sets-of.ts";
export { isChannelId, isConfigName } from "./names.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export {
  BATCH_SIZE_DEFAULT,
  RAFT_OPTIONS_DEFAULT,
  type ApplicationOrganizationProfile,
  type CapabilityProfile,
  type ChannelProfile,
  type OrdererOrganizationProfile,
  type OrganizationProfile,
} from "./channel-profile.ts";
export { applicationOrganization } from "./genesis-config.ts";
export { buildGenesisBlock } from "./genesis-block.ts";
export {
  type ConfigUpdateReading,
  type ConfigUpdateRequest,
  readConfigUpdate,
} from "./config-update-request.ts";
export {
  type ConfigUpdateOutcome,
  applyConfigUpdate,
  configEnvelopeFault,
} from "./config-update.ts";
export { transitionFault } from "./config-transition.ts";
export { computeConfigUpdate } from "./config-difference.ts";
