import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { RaftTrace } from "../raft/index.ts";

/** Writes what happened in a core to the log, each kind at the level at which an operator wants it. */
export function logTrace(
  logger: Logger,
  event: RaftTrace,
  labels: Readonly<Record<string, unknown>>,
): void {
  const fields = { ...labels, ...event };
  switch (event.type) {
    case "becameLeader":
      logger.info("became leader", fields);
      return;
    case "leaderFound":
      logger.info("found the leader", fields);
      return;
    case "becameFollower":
      logger.debug("became follower", fields);
      return;
    case "snapshotSent":
      logger.info("sent a snapshot to a member that is behind the log", fields);
      return;
    case "snapshotReceived":
      logger.info("received a snapshot", fields);
      return;
    case "configurationChanged":
      logger.info("the members of the group have changed", fields);
      return;
    case "snapshotRefused":
    case "configurationUnchanged":
    case "readmitted":
    case "compacted":
    case "messageIgnored":
      logger.debug("raft event", fields);
      return;
    case "becamePreCandidate":
    case "becameCandidate":
    case "voteGranted":
    case "voteRefused":
    case "appended":
    case "truncated":
    case "committed":
    case "proposalRefused":
    case "transferStarted":
    case "transferRefused":
    case "transferAborted":
    case "campaignRefused":
    case "leaderForgotten":
    case "readRefused":
      logger.trace("raft event", fields);
  }
}
