import { assertOptions, type RaftTuning } from "./options.ts";
import { drawElectionTimeout, type RaftState } from "./state.ts";

/**
 * Puts other options in force without a break: what is counted goes on, a timeout is drawn anew from the new range, and a
 * window that has become too small for what is on its way stays closed until enough of that is acknowledged.
 */
export function configure(state: RaftState, tuning: RaftTuning): void {
  const before = state.options;
  const options = { ...before, ...tuning };
  assertOptions(options);
  state.options = options;
  if (options.electionTicks !== before.electionTicks) {
    state.electionTimeout = drawElectionTimeout(options);
  }
  if (state.role.type !== "leader") return;
  for (const progress of state.role.progress.values()) progress.resize(options);
}
