/** A follower as its leader sees it. */
interface Follower {
  readonly id: number;
  readonly match: number;
  readonly isActive: boolean;
}

/** The most advanced of those that answer and that `mayLead`; `undefined` when there is none. */
export function successorAmong(
  followers: readonly Follower[],
  mayLead: (id: number) => boolean,
): number | undefined {
  const [best] = followers
    .filter(({ id, isActive }) => isActive && mayLead(id))
    .sort((a, b) => b.match - a.match);
  return best?.id;
}
