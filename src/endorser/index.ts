/** Endorsement: running proposals, signing their results, and the peer's own query chaincodes. */
export { ProposalAccess, channelRefusal, type ProposalAccessDeps } from "./access-control.ts";
export { ChannelQueries, type ChannelQueriesDeps } from "./channel-queries.ts";
export {
  Endorser,
  endorserBinding,
  type EndorserAnswer,
  type EndorserDeps,
  type EndorserOptions,
} from "./endorser.ts";
export { LedgerQueries, type LedgerQueriesDeps } from "./ledger-queries.ts";
export type {
  ChaincodeDirectory,
  ChaincodeExecutor,
  ChannelJoiner,
  EndorserChannel,
  EndorserChannels,
  EndorserLedger,
  JoinAnswer,
  PrivateDistributor,
  SimulatedPrivateWrites,
  Simulator,
} from "./ports.ts";
