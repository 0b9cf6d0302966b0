import type { RaftMessage } from "../../../../cluster/raft/index.ts";
import type { DurableState } from "../observation.ts";
import { mustHold } from "../observation.ts";

/** Thesis §3.8: no message promises what a crash of its sender could take back. */
export class DurablePromises {
  readonly name = "durable promises";

  checkSent(message: RaftMessage, disk: DurableState): void {
    const { from, term } = message;
    const { hardState } = disk;
    if (message.type === "appendAccepted") {
      // Of an earlier term it may leave when a later leader has replaced the entries: as if it had been long on its way.
      const lastIndex = hardState.term > term ? disk.longestIndex : disk.lastIndex;
      mustHold(
        lastIndex >= message.index && hardState.term >= term,
        `node ${from} acknowledges ${message.index} in ${term} before that is on its disk`,
      );
    }
    const candidate = votedFor(message);
    if (candidate === undefined) return;
    const isDurable = hardState.term === term && hardState.votedFor === candidate;
    mustHold(
      isDurable || hardState.term > term,
      `node ${from} votes for ${candidate} in ${term} before that is on its disk`,
    );
  }
}

function votedFor(message: RaftMessage): number | undefined {
  if (message.type === "vote") return message.from;
  return message.type === "voteAnswer" && message.isGranted ? message.to : undefined;
}
