/** Blocks on the move: served to clients and peers, pulled from orderers, and believed only when verified. */
export { BlockPuller, type BlockPullerDeps, type BlockPullerOptions } from "./block-puller.ts";
export type { FetchSource } from "./block-fetcher.ts";
export { CatchUp, type CatchUpDeps, type CatchUpOptions } from "./catch-up.ts";
export type { BlockTrust } from "./block-trust.ts";
export { BlockVerifier, type BlockVerdict } from "./block-verifier.ts";
export { checkBlockForm, type BlockFormAnswer, type ExpectedBlock } from "./core/block-form.ts";
export { CutOff } from "./core/cut-off.ts";
export { filteredBlock } from "./core/filtered-block.ts";
export {
  ordererDeliverBinding,
  peerDeliverBindings,
  type DeliverDeps,
  type DeliverOptions,
} from "./deliver-handler.ts";
export { seekEnvelope, type SeekEnvelopeFields } from "./seek-envelope.ts";
export type {
  BlockSink,
  BlockSource,
  CurrentConfig,
  DeliverChannel,
  DeliverChannels,
  PullReport,
} from "./ports.ts";
