import type { Invariant, NetworkView, PeerView } from "../contracts.ts";

/** Faults that began before a certificate ended are over by then, and whatever was on its way has arrived. */
export const ENDED_GRACE_MS = 45_000;

/** Whoever was paused or alone has seen who is there by then. */
const CALM_MS = 15_000;

/**
 * A peer that goes on with a certificate that has ended is believed to be there by nobody, and gets none of the blocks that are
 * made from then on. Only where no node's clock is wrong.
 */
export class EndedPeerIsOut implements Invariant {
  readonly name = "ended peer is out";
  readonly #healedAtMs: () => number;
  /** When each block was first seen anywhere. */
  readonly #seenAtMs: number[] = [];

  /** `healedAtMs`: since when nothing disturbs the network; infinite before. Who is disturbed may notice late that another is gone. */
  constructor(healedAtMs: () => number) {
    this.#healedAtMs = healedAtMs;
  }

  check(view: NetworkView): string | undefined {
    const height = Math.max(0, ...[...view.orderers, ...view.peers].map((node) => node.height));
    while (this.#seenAtMs.length < height) this.#seenAtMs.push(view.atMs);
    for (const peer of view.peers) {
      const { endedSinceMs, isUp } = peer;
      if (!isUp || endedSinceMs === undefined) continue;
      const graceMs = endedSinceMs + ENDED_GRACE_MS;
      const calmMs = Math.max(graceMs, this.#healedAtMs() + CALM_MS);
      const violation = this.#servedAfter(peer, graceMs) ?? believedAfter(peer, view, calmMs);
      if (violation !== undefined) return violation;
    }
    return undefined;
  }

  #servedAfter({ name, height, endedSinceMs }: PeerView, graceMs: number): string | undefined {
    const newest = height - 1;
    const seenAtMs = this.#seenAtMs[newest] ?? 0;
    if (seenAtMs <= graceMs) return undefined;
    return `the certificate of ${name} ended at ${endedSinceMs}, and it has block ${newest} of ${seenAtMs}`;
  }
}

function believedAfter(
  { name, endedSinceMs }: PeerView,
  { peers, atMs }: NetworkView,
  calmMs: number,
): string | undefined {
  if (atMs <= calmMs) return undefined;
  const believer = peers.find(
    (other) => other.name !== name && other.isUp && other.livingMembers.includes(name),
  );
  if (believer === undefined) return undefined;
  return `the certificate of ${name} ended at ${endedSinceMs}, and ${believer.name} counts it at ${atMs}`;
}
