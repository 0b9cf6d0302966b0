import type { Invariant, NetworkView, NodeName, RaftView } from "../contracts.ts";

interface Believed {
  readonly leader: number;
  readonly by: NodeName;
}

/** Raft §5.2, Election Safety: a term has one leader at most, and nobody believes in another one. */
export class OneLeader implements Invariant {
  readonly name = "one leader a term";
  readonly #leaders = new Map<number, Believed>();

  check(view: NetworkView): string | undefined {
    for (const { name, raft } of view.orderers) {
      const leader = raft && leaderOf(raft);
      if (raft === undefined || leader === undefined) continue;
      const known = this.#leaders.get(raft.term);
      if (known === undefined) this.#leaders.set(raft.term, { leader, by: name });
      else if (known.leader !== leader) {
        return `term ${raft.term} is led by ${known.leader} for ${known.by}, by ${leader} for ${name}`;
      }
    }
    return undefined;
  }
}

function leaderOf({ role, raftId, leader }: RaftView): number | undefined {
  if (role === "leader") return raftId;
  return leader === 0 ? undefined : leader;
}
