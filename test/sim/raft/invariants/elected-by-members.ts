import type { RaftMessage } from "../../../../cluster/raft/index.ts";
import type { Invariant, Observation } from "../observation.ts";
import { mustHold } from "../observation.ts";
import { hasQuorum } from "./committed-is-durable.ts";

/** Raft §6: a leader has the votes of a majority of each half of its configuration; those of others do not count. */
export class ElectedByMembers implements Invariant {
  readonly name = "elected by members";
  readonly #votes = new Map<string, Set<number>>();

  checkSent(message: RaftMessage): void {
    if (message.type !== "voteAnswer" || !message.isGranted) return;
    const key = `${message.to} in ${message.term}`;
    const voters = this.#votes.get(key) ?? new Set([message.to]);
    this.#votes.set(key, voters.add(message.from));
  }

  check({ before, after, effects, nodeId }: Observation): void {
    if (!effects.trace.some((event) => event.type === "becameLeader")) return;
    const voters = this.#votes.get(`${nodeId} in ${after.term}`) ?? new Set([nodeId]);
    mustHold(
      hasQuorum(before.configuration, voters),
      `node ${nodeId} leads ${after.term} by the votes of ${[...voters].join(", ")}`,
    );
  }
}
