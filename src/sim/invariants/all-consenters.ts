import type { Invariant, NetworkView, NodeName } from "../contracts.ts";

/**
 * A Raft id is one orderer's for ever: whoever comes back without what it promised comes back under another. When
 * everything has healed every orderer votes, and all know the same voters.
 */
export class AllConsenters implements Invariant {
  readonly name = "all consenters";
  readonly #owners = new Map<number, NodeName>();
  readonly #losses = new Map<number, number>();

  check({ orderers }: NetworkView): string | undefined {
    for (const { name, raft, ledgersLost } of orderers) {
      if (raft === undefined) continue;
      const owner = this.#owners.get(raft.raftId) ?? name;
      this.#owners.set(raft.raftId, owner);
      if (owner !== name) return `raft id ${raft.raftId} was ${owner}'s and is ${name}'s`;
      const losses = this.#losses.get(raft.raftId) ?? ledgersLost;
      this.#losses.set(raft.raftId, losses);
      if (losses !== ledgersLost && raft.role !== "learner" && raft.role !== "follower") {
        return `${name} lost what it had and is a ${raft.role} under its old raft id ${raft.raftId}`;
      }
    }
    return undefined;
  }

  atEnd(view: NetworkView): string | undefined {
    const violation = this.check(view);
    if (violation !== undefined) return violation;
    const ids = view.orderers.map(({ raft }) => raft?.raftId);
    const out = view.orderers.find(({ raft }) => raft === undefined);
    if (out !== undefined) return `${out.name} takes no part in ordering`;
    for (const { name, raft } of view.orderers) {
      if (raft === undefined) continue;
      const missed = ids.find((id) => id !== undefined && !raft.voters.includes(id));
      if (missed !== undefined) return `${name} does not count on the vote of member ${missed}`;
      if (raft.voters.length !== ids.length) {
        return `${name} counts on the votes of ${raft.voters.join()} of ${ids.join()}`;
      }
    }
    return undefined;
  }
}
