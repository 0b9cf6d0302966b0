import type { Layout } from "./endorsement-planner.ts";

/**
 * Chooses peers for a layout, each for one group, earlier ones in `preference` before later ones; `undefined` when there
 * are not enough. Peers outside `preference` are not chosen.
 *
 * Sets of peers that can be placed together form a transversal matroid (Edmonds and Fulkerson, 1965), so taking peers in
 * order of preference, and keeping each that can still be placed, gives the most preferred choice there is.
 */
export function assignPeers<Peer>(
  layout: Layout<Peer>,
  preference: readonly Peer[],
): readonly Peer[] | undefined {
  const seats = layout.flatMap(({ peers, count }) => {
    const members = new Set(peers);
    return Array.from({ length: count }, () => ({ members, taken: undefined as Peer | undefined }));
  });
  const chosen: Peer[] = [];
  for (const peer of preference) {
    if (chosen.length === seats.length) break;
    if (place(peer, seats, new Set())) chosen.push(peer);
  }
  return chosen.length === seats.length ? chosen : undefined;
}

interface Seat<Peer> {
  readonly members: ReadonlySet<Peer>;
  taken: Peer | undefined;
}

// An augmenting path: who sits there may move to another seat, but nobody is left without one.
function place<Peer>(peer: Peer, seats: readonly Seat<Peer>[], tried: Set<Seat<Peer>>): boolean {
  for (const seat of seats) {
    if (!seat.members.has(peer) || tried.has(seat)) continue;
    tried.add(seat);
    if (seat.taken !== undefined && !place(seat.taken, seats, tried)) continue;
    seat.taken = peer;
    return true;
  }
  return false;
}
