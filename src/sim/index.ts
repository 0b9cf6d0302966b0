/**
 * A whole network in simulated time: orderers, peers, clients and contracts of one process over simulated clocks, disks and links,
 * everything drawn from one seed. The nodes are those of production; only the ports are others.
 */
export { refusalLine, reportLine, type RunReport } from "./report.ts";
export { Simulator, type RunOptions } from "./run.ts";
export { DEFAULT_PROFILE, type Profile } from "./faults/profile.ts";
export type { ContractCall, Workload } from "./workload/own-workload.ts";
export { shrinkSchedule } from "./faults/shrink.ts";
export { FAILPOINT_STATES, SOMETIMES_STATES, Sometimes } from "./sometimes.ts";
