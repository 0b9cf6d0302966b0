/**
 * Faults on purpose, for tests and development networks: wraps a node's dialer, disk and clock so that links lose, delay and
 * break, the disk is slow, full, rotten or forgets what it had not flushed, the time of day is wrong, and the process dies in the
 * middle of what it does. Decides nothing about when: hosts take requests. Production
 * nodes never construct it.
 */
export { Faults, type FaultListener } from "./faults.ts";
export { between, cutLinks, type Cut, type OneWayCut } from "./cut.ts";
export {
  BLOCKED,
  linkTo,
  NO_FAULT,
  NO_FAULTS,
  SOUND_DISK,
  withLink,
  type ClockFaults,
  type DirectionFaults,
  type DiskFaults,
  type Failpoint,
  type FaultSettings,
  type LinkFaults,
  type PowerLoss,
} from "./fault-settings.ts";
export type { DiskStep } from "./disk-step.ts";
export { steppedStore } from "./stepped-store.ts";
export { VolatileDisk, type VolatileDiskDeps, type VolatileDiskOptions } from "./volatile-disk.ts";
export {
  FAILPOINTS,
  RECORDED,
  SERVING_STEPS,
  stepName,
  stepsOf,
  USUAL_STEPS,
} from "./step-names.ts";
export { parentOf } from "./unflushed-entries.ts";
export { survivingParts } from "./surviving-parts.ts";
export {
  perform,
  UnflushedChanges,
  type Covered,
  type FileChange,
  type FileImage,
} from "./unflushed-changes.ts";
export { faultyClock } from "./faulty-clock.ts";
export { faultyDialer, type FaultyDialerDeps } from "./faulty-dialer.ts";
export { faultyFiles, type FaultyFilesDeps } from "./faulty-files.ts";
