import { STATE_RENEWAL_TURNS } from "./limits.ts";

/** How often, how long, how many. All times in milliseconds. */
export interface GossipOptions {
  /** Between two looks at the clock, at least: no other time below is kept more exactly. 10–1,000. */
  readonly tickIntervalMs: number;

  /** Between two probes of this peer's, one member each. 50–60,000. */
  readonly probeIntervalMs: number;
  /** Time for the answer to a probe, then others are asked to probe as well. 10–30,000; less than `probeIntervalMs`. */
  readonly probeTimeoutMs: number;
  /** Members asked to probe one that has not answered. 0–16. */
  readonly indirectProbeCount: number;
  /** Between two rounds of telling news: who has come, who is suspected, who refutes it. 10–60,000. */
  readonly newsIntervalMs: number;
  /** Between two alive messages of this peer for members that answer no probes, if there are any. 50–60,000. */
  readonly aliveIntervalMs: number;
  /** A member that answers no probes is dead when no newer alive message has come for this long. At least two `aliveIntervalMs`. */
  readonly aliveExpirationMs: number;
  /** Between attempts to reach a bootstrap peer, an anchor peer or a dead member that answers no probes. 50–600,000. */
  readonly reconnectIntervalMs: number;
  /** A member dead for this long is no longer looked for. At least `aliveExpirationMs`. */
  readonly forgetAfterMs: number;
  /** Between two comparisons of the whole membership with a member of any organisation. 50–600,000. */
  readonly exchangeIntervalMs: number;

  /** Between two rounds of pulling blocks when there is nothing new, and identities and blocks from members that answer no probes. 50–600,000. */
  readonly pullIntervalMs: number;
  /** Time for answers to hello; a round goes on earlier when all have answered. 10–60,000. */
  readonly digestWaitMs: number;
  /** Time after a hello during which its sender may ask for items. At least `digestWaitMs`. */
  readonly requestWaitMs: number;
  /** Time for the items that were asked for. 10–60,000. */
  readonly responseWaitMs: number;

  /** Between two pulls of others' channel states, of which most are left out while none changes; an unchanged one is published every fifth time. 50–600,000. */
  readonly stateInfoIntervalMs: number;
  /** Changes of channel state within this time are published together. 0–10,000. */
  readonly stateInfoDebounceMs: number;
  /** A channel state that was not renewed for this long is dropped. At least ten `stateInfoIntervalMs`. */
  readonly stateInfoExpirationMs: number;

  /** Between two looks for missing blocks, besides the look at every message that shows a gap. 50–600,000. */
  readonly transferIntervalMs: number;
  /** Time for a missing block to arrive by itself before it is asked for. 0–60,000. */
  readonly transferPatienceMs: number;
  /** Time for an answer to a request for blocks, then another peer is asked. 50–60,000. */
  readonly transferTimeoutMs: number;
  /** Behind others without a new block for this long, a peer that is not the deliverer pulls from the orderers, too. 50–600,000. */
  readonly selfRelianceMs: number;
  /** A peer that served a forged block is not asked for this long. 0–3,600,000. */
  readonly asideMs: number;

  /** From the start of a channel, time to hear of a deliverer before electing one. 0–600,000. */
  readonly electionGraceMs: number;
  /** Time in which candidates hear each other. 10–60,000. */
  readonly electionDurationMs: number;
  /** Between two declarations of the deliverer. 10–60,000. */
  readonly declareIntervalMs: number;
  /** Without a declaration for this long the deliverer is gone. At least two `declareIntervalMs`. */
  readonly declareExpirationMs: number;
  /** A deliverer that cannot reach orderers leaves the task to others for this long. 0–3,600,000. */
  readonly yieldMs: number;

  /** Members that a fresh block, alive message or channel state is sent to. 1–64. */
  readonly pushPeerCount: number;
  /** Members that one round of pulling asks. 1–64. */
  readonly pullPeerCount: number;
  /** Own-organisation members that a leadership message is sent to. 1–64. */
  readonly leadershipPeerCount: number;
}

/** The times of Fabric's `core.yaml`, for peers that must not be quicker than their Fabric neighbours. */
export const FABRIC_OPTIONS: GossipOptions = {
  tickIntervalMs: 100,
  probeIntervalMs: 1_000,
  probeTimeoutMs: 500,
  indirectProbeCount: 3,
  newsIntervalMs: 200,
  aliveIntervalMs: 5_000,
  aliveExpirationMs: 25_000,
  reconnectIntervalMs: 25_000,
  forgetAfterMs: 500_000,
  exchangeIntervalMs: 60_000,
  pullIntervalMs: 4_000,
  digestWaitMs: 1_000,
  requestWaitMs: 1_500,
  responseWaitMs: 2_000,
  stateInfoIntervalMs: 4_000,
  stateInfoDebounceMs: 50,
  stateInfoExpirationMs: 400_000,
  transferIntervalMs: 10_000,
  transferPatienceMs: 250,
  transferTimeoutMs: 3_000,
  selfRelianceMs: 10_000,
  asideMs: 60_000,
  electionGraceMs: 15_000,
  electionDurationMs: 5_000,
  declareIntervalMs: 5_000,
  declareExpirationMs: 10_000,
  yieldMs: 60_000,
  pushPeerCount: 3,
  pullPeerCount: 3,
  leadershipPeerCount: 16,
};

/** Heddle's own: a dead deliverer is replaced in seconds, and a dead peer is remembered for a day so that a partition heals by itself. */
export const DEFAULT_OPTIONS: GossipOptions = {
  ...FABRIC_OPTIONS,
  tickIntervalMs: 50,
  reconnectIntervalMs: 2_000,
  forgetAfterMs: 86_400_000,
  exchangeIntervalMs: 10_000,
  pullIntervalMs: 2_000,
  digestWaitMs: 500,
  stateInfoIntervalMs: 2_000,
  stateInfoDebounceMs: 200,
  stateInfoExpirationMs: 200_000,
  transferIntervalMs: 1_000,
  selfRelianceMs: 5_000,
  electionGraceMs: 1_000,
  electionDurationMs: 300,
  declareIntervalMs: 500,
  declareExpirationMs: 2_000,
  yieldMs: 10_000,
};

/** Changes to `DEFAULT_OPTIONS` for networks whose delays are far below 50 ms: a dead peer is noticed five times as fast, for five times the probes. */
export const FAST_PROBES: Partial<GossipOptions> = {
  probeIntervalMs: 200,
  probeTimeoutMs: 100,
  newsIntervalMs: 50,
};

type OptionRange = readonly [name: keyof GossipOptions, min: number, max: number];

const RANGES: readonly OptionRange[] = [
  ["tickIntervalMs", 10, 1_000],
  ["probeIntervalMs", 50, 60_000],
  ["probeTimeoutMs", 10, 30_000],
  ["indirectProbeCount", 0, 16],
  ["newsIntervalMs", 10, 60_000],
  ["aliveIntervalMs", 50, 60_000],
  ["reconnectIntervalMs", 50, 600_000],
  ["exchangeIntervalMs", 50, 600_000],
  ["pullIntervalMs", 50, 600_000],
  ["digestWaitMs", 10, 60_000],
  ["responseWaitMs", 10, 60_000],
  ["stateInfoIntervalMs", 50, 600_000],
  ["stateInfoDebounceMs", 0, 10_000],
  ["transferIntervalMs", 50, 600_000],
  ["transferPatienceMs", 0, 60_000],
  ["transferTimeoutMs", 50, 60_000],
  ["selfRelianceMs", 50, 600_000],
  ["asideMs", 0, 3_600_000],
  ["electionGraceMs", 0, 600_000],
  ["electionDurationMs", 10, 60_000],
  ["declareIntervalMs", 10, 60_000],
  ["yieldMs", 0, 3_600_000],
  ["pushPeerCount", 1, 64],
  ["pullPeerCount", 1, 64],
  ["leadershipPeerCount", 1, 64],
];

/** What is wrong with `options`, in words and with the cure; undefined when nothing is. */
export function optionProblem(options: GossipOptions): string | undefined {
  for (const [name, min, max] of RANGES) {
    const value = options[name];
    if (!(value >= min && value <= max)) {
      return `${name} is ${value}; choose a value from ${min} to ${max}`;
    }
  }
  return relationProblem(options);
}

function relationProblem(options: GossipOptions): string | undefined {
  const relations: readonly [keyof GossipOptions, number, keyof GossipOptions][] = [
    ["probeIntervalMs", 1, "probeTimeoutMs"],
    ["aliveExpirationMs", 2, "aliveIntervalMs"],
    ["forgetAfterMs", 1, "aliveExpirationMs"],
    ["requestWaitMs", 1, "digestWaitMs"],
    ["stateInfoExpirationMs", 2 * STATE_RENEWAL_TURNS, "stateInfoIntervalMs"],
    ["declareExpirationMs", 2, "declareIntervalMs"],
  ];
  for (const [longer, times, shorter] of relations) {
    const min = times * options[shorter];
    if (!(options[longer] >= min)) {
      return `${longer} is ${options[longer]}; choose at least ${min}, ${times} × ${shorter}`;
    }
  }
  return undefined;
}
