import type { RaftStatus } from "../raft/index.ts";

/** The most advanced other voter that answers, of a member that leads; `undefined` when none does. */
export function successorOf({ followers, configuration }: RaftStatus): number | undefined {
  const able = followers.filter(({ id, isActive }) => {
    return isActive && configuration.voters.includes(id);
  });
  return able.sort((a, b) => b.match - a.match)[0]?.id;
}
