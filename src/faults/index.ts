/**
 * Faults on purpose, for tests and development networks: wraps a node's dialer and its disk so that links lose, delay and break and the
 * disk is slow, full or rotten. Decides nothing about when: hosts take requests. Production nodes never construct it.
 */
export { Faults, type FaultListener } from "./faults.ts";
export { cutBetween, type Cut } from "./cut.ts";
export {
  BLOCKED,
  linkTo,
  NO_FAULT,
  NO_FAULTS,
  SOUND_DISK,
  withLink,
  type DirectionFaults,
  type DiskFaults,
  type FaultSettings,
  type LinkFaults,
} from "./fault-settings.ts";
export { faultyDialer, type FaultyDialerDeps } from "./faulty-dialer.ts";
export { faultyFiles, type FaultyFilesDeps } from "./faulty-files.ts";
