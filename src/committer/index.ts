/** From a verified block to a committed one: every transaction gets its code, configurations take effect. */
export { BlockIntake } from "./block-intake.ts";
export { BlockValidator, type BlockValidatorDeps } from "./block-validator.ts";
export { Committer, type CommitterDeps, type CommitterOptions } from "./committer.ts";
export type { BlockJudgement } from "./core/judge-block.ts";
export { type CommitterErrorCode } from "./errors.ts";
export type { CommittedState, CommitterLedger, ConfigHolder, PrivateSetGatherer } from "./ports.ts";
export type { VerifiedBlock } from "./verified-block.ts";
export { BLOCKS_HELD_MAX } from "./limits.ts";
