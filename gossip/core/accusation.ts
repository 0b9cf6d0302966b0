/** "This peer does not answer me": what probing peers tell each other. Unsigned; whom it is about refutes it with a signature. */
import type { AliveClaim, PeerId } from "./claims.ts";

export interface Accusation {
  readonly peer: PeerId;
  /** The run and the count of rebuttals in it of the alive message that the accuser holds: a later one refutes this. */
  readonly incarnation: bigint;
  readonly rebuttals: number;
  readonly accuser: PeerId;
  /** The accuser has waited for a refutation and holds the peer for dead. */
  readonly isDead: boolean;
}

/** The accusation that `accuser` can make with the claim that it holds; undefined where the owner answers no probes. */
export function accusationOf(
  { peer, time, rebuttals }: AliveClaim,
  accuser: PeerId,
  isDead: boolean,
): Accusation | undefined {
  if (rebuttals === undefined) return undefined;
  return { peer, incarnation: time.incarnation, rebuttals, accuser, isDead };
}

/** Whether `claim` was made in answer to what `accusation` says, or in a later run. */
export function refutes(
  { time, rebuttals = 0 }: Pick<AliveClaim, "time" | "rebuttals">,
  accusation: Pick<Accusation, "incarnation" | "rebuttals">,
): boolean {
  if (time.incarnation !== accusation.incarnation) {
    return time.incarnation > accusation.incarnation;
  }
  return rebuttals > accusation.rebuttals;
}
