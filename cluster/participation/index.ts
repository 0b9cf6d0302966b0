/**
 * Which channels an orderer takes part in, and how: as a consenter of the channel's Raft group or as a follower that
 * pulls its blocks. Owns joining, onboarding, leaving, and the administrators' API for them; also what
 * operators ask of one node: how its groups stand, to hand leadership over, and to drain it.
 *
 * One channel's failure is that channel's: the others and the process go on. What is begun survives a crash: records of
 * joins and removals under way are on disk before anything else is touched. Does not own ordering nor Raft.
 */
export { ChannelRegistrar } from "./channel-registrar.ts";
export type {
  ChannelRegistrarDeps,
  ChannelRegistrarOptions,
  FetchResult,
  JoinResult,
  RemoveResult,
  UpdateResult,
} from "./channel-registrar.ts";
export type { ChannelInfo, ChannelStatus, ConsensusRelation } from "./channel-info.ts";
export { ParticipationApi } from "./participation-api.ts";
export type { ParticipationApiDeps } from "./participation-api.ts";
export { OperatorApi } from "./operator-api.ts";
export type { ChannelReport, OperatorApiDeps } from "./operator-api.ts";
export { OPERATOR_BASE } from "./core/operator-route.ts";
export { Drain } from "./drain.ts";
export type { DrainDeps, DrainedChannel } from "./drain.ts";
export type { ApiRequest } from "./core/api-request.ts";
export type { ApiAnswer } from "./core/api-answer.ts";
