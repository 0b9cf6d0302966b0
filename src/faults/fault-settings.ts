/** What goes one way over a link. */
export interface DirectionFaults {
  /** Nothing arrives. What is sent meanwhile is lost, and its call breaks when the link heals. */
  readonly drop: boolean;
  readonly delayMs: number;
  /** Up to so much is added to each delay; order is kept. */
  readonly jitterMs: number;
  /** Share of messages that are lost, 0 to 1. A call that loses one breaks: a connection cannot leave one out. */
  readonly loss: number;
  /** Share of messages of gossip and of Raft that come twice, 0 to 1. What must come once, such as a transaction, does. */
  readonly duplicate: number;
  /** Share of the same messages that the next one overtakes, 0 to 1. */
  readonly reorder: number;
}

/** Between this node and another, whoever of the two dialled: each end holds its own half. */
export interface LinkFaults {
  /** Name of the other node, as it is dialled. */
  readonly peer: string;
  readonly out: DirectionFaults;
  readonly in: DirectionFaults;
}

export interface DiskFaults {
  /** Every flush takes so much longer. */
  readonly syncDelayMs: number;
  /** Writes fail with ENOSPC, and no byte is free. */
  readonly full: boolean;
  /** Flushes fail with EIO. */
  readonly failSync: boolean;
  /** Share of reads that come back with one bit turned, 0 to 1. */
  readonly corruptReads: number;
}

export interface ClockFaults {
  /** Added to the time of day; timeouts, which are measured otherwise, keep to theirs. */
  readonly offsetMs: number;
}

/** The power goes: of what was not flushed, any part may be left. */
export interface PowerLoss {
  /** Chooses what is left. */
  readonly seed: number;
}

/** The process dies at the next durable step of that name, and never ends in order. */
export interface Failpoint {
  /** One of `FAILPOINTS`. */
  readonly step: string;
  /** Whether the step is done. */
  readonly moment: "before" | "after";
  /** The power goes at that moment too. */
  readonly powerLoss?: PowerLoss | undefined;
}

/** All faults of one node. */
export interface FaultSettings {
  readonly links: readonly LinkFaults[];
  readonly disk: DiskFaults;
  readonly clock: ClockFaults;
  readonly failpoints: readonly Failpoint[];
}

export const NO_FAULT: DirectionFaults = {
  drop: false,
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
};
export const SOUND_DISK: DiskFaults = {
  syncDelayMs: 0,
  full: false,
  failSync: false,
  corruptReads: 0,
};
export const RIGHT_CLOCK: ClockFaults = { offsetMs: 0 };
export const NO_FAULTS: FaultSettings = {
  links: [],
  disk: SOUND_DISK,
  clock: RIGHT_CLOCK,
  failpoints: [],
};
export const BLOCKED: DirectionFaults = { ...NO_FAULT, drop: true };

/** `settings` with `link` in place of what was said of that peer; a link without faults is left out. */
export function withLink(settings: FaultSettings, link: LinkFaults): FaultSettings {
  const others = settings.links.filter(({ peer }) => peer !== link.peer);
  const isSound = isFaultless(link.out) && isFaultless(link.in);
  return { ...settings, links: isSound ? others : [...others, link] };
}

export function linkTo(settings: FaultSettings, peer: string): LinkFaults {
  return settings.links.find((link) => link.peer === peer) ?? { peer, out: NO_FAULT, in: NO_FAULT };
}

export function isFaultless({ drop, ...amounts }: DirectionFaults): boolean {
  return !drop && Object.values(amounts).every((amount) => amount === 0);
}
