/**
 * The ordering service: from an envelope to a signed block that every orderer of the channel has.
 *
 * Owns block cutting, the chain of blocks, Broadcast, and the answer to a client: SUCCESS means that the envelope is in
 * a block committed by Raft and durable here. A configuration update becomes the channel's next
 * configuration here, in a block of its own. Does not own delivery of blocks.
 */
export { ChannelOrderer } from "./channel-orderer.ts";
export type { ChannelOrdererDeps, ChannelOrdererOptions } from "./channel-opening.ts";
export { lingeringId } from "./lingering.ts";
export { membershipAfter } from "./channel-blocks.ts";
export { groupReport, handOver } from "./group-report.ts";
export type {
  ConsenterReport,
  GroupReport,
  GroupReportSource,
  TransferOutcome,
} from "./group-report.ts";
export { forecastRecovery, recoverAlone } from "./recovery.ts";
export type { RecoveryDeps, RecoveryForecast, RecoveryRequest } from "./recovery.ts";
export type { RecoveryRecord } from "./recovery-record.ts";
export { isConsenterOf, OwnNaming } from "./members.ts";
export { Broadcast } from "./broadcast.ts";
export type { BroadcastChannel, BroadcastDeps, BroadcastOptions } from "./broadcast.ts";
export type { Rate, RateLimitOptions } from "./core/rate-limits.ts";
export { OrderingChain } from "./ordering-chain.ts";
export type { OrderingChainDeps, OrderingChainOptions } from "./ordering-chain.ts";
export { BlockCatchUp } from "./block-catch-up.ts";
export type { BlockCatchUpDeps, BlockCatchUpOptions, CatchUpBlocks } from "./block-catch-up.ts";
export { BlockWriter } from "./block-writer.ts";
export type { AcceptedBlock, BlockWriterDeps } from "./block-writer.ts";
export type {
  ConfigJudgement,
  ConfigUpdateVerdict,
  ConfigUpdatesDeps,
  GroupState,
} from "./config-updates.ts";
export type { PendingMember } from "./consenter-rules.ts";
export type { Membership } from "./core/membership.ts";
export type { MessageValidatorOptions, Validation } from "./message-validator.ts";
export type { OrderResult } from "./pending-envelopes.ts";
export type { ChainLog, ConfigInForce, MissingBlocks, OrderedBlocks, SubmitLink } from "./ports.ts";
export { OrderingError } from "./errors.ts";
export type { OrderingErrorCode } from "./errors.ts";
export { PENDING_COUNT_MAX } from "./limits.ts";
