/** What befalls the network, and the times that are read. */
import { between } from "../../src/faults/index.ts";
import type { RecoveryNetwork } from "./recovery-network.ts";

export interface Figure {
  readonly what: string;
  readonly unit: "s" | "election timeouts" | "blocks/s";
  readonly target: string;
  /** Whether the target is met. */
  readonly holds: (p50: number, max: number, min: number) => boolean;
}

export interface Measure {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** One value for each of the figures. Leaves the network whole. */
  readonly run: (network: RecoveryNetwork) => Promise<readonly number[]>;
}

/** Of a development network. */
const ELECTION_TIMEOUT_MS = 1_000;
const BLOCKS_MISSED = 50;
/** A ledger for a joiner to catch up with. */
const JOINED_HEIGHT_MIN = 500;
const JOINER_BLOCKS_PER_SECOND_MIN = 100;

export const measures: readonly Measure[] = [
  {
    name: "leader killed",
    figures: [
      {
        what: "leader killed: the next commit",
        unit: "election timeouts",
        target: "p50 ≤ 1.5, max ≤ 2",
        holds: (p50, max) => p50 <= 1.5 && max <= 2,
      },
    ],
    run: leaderKilled,
  },
  {
    name: "deliverer killed",
    figures: [
      within("deliverer killed: another one delivers", 5),
      within("deliverer killed: all others know", 8),
      within("killed and back: level, and known to all", 5),
    ],
    run: delivererKilled,
  },
  {
    name: "peer cut off",
    figures: [within(`peer cut off for ${BLOCKS_MISSED} blocks, healed: level`, 5)],
    run: peerCutOff,
  },
  {
    name: "peers split",
    figures: [
      shown("peers split in two: each side gives up the other"),
      within("split healed: one membership, all level", 5),
    ],
    run: peersSplit,
  },
  {
    name: "half without orderers",
    figures: [shown("half the peers without orderers: all have the next block")],
    run: halfWithoutOrderers,
  },
  {
    name: "joiner",
    figures: [
      within(`peer added at ${JOINED_HEIGHT_MIN} blocks or more: level`, 10),
      {
        what: "peer added: blocks a second, its start included",
        unit: "blocks/s",
        target: `min ≥ ${JOINER_BLOCKS_PER_SECOND_MIN}`,
        holds: (_p50, _max, min) => min >= JOINER_BLOCKS_PER_SECOND_MIN,
      },
    ],
    run: joiner,
  },
];

async function leaderKilled(network: RecoveryNetwork): Promise<readonly number[]> {
  await network.untilCommitted();
  const restart = await network.site.kill((await network.site.leader()) ?? "");
  const startMs = performance.now();
  await network.untilCommitted();
  const tookMs = performance.now() - startMs;
  await restart();
  await network.untilWhole();
  return [tookMs / ELECTION_TIMEOUT_MS];
}

async function delivererKilled(network: RecoveryNetwork): Promise<readonly number[]> {
  const [names] = sidesOf(network, "Org1MSP");
  await network.until(async () => (await delivererAmong(network, names)) !== undefined);
  const killed = (await delivererAmong(network, names)) ?? "";
  const rest = network.peers.map(({ name }) => name).filter((name) => name !== killed);
  const heirs = names.filter((name) => name !== killed);
  const restart = await network.site.kill(killed);
  const [delivers, known] = await Promise.all([
    network.until(async () => (await delivererAmong(network, heirs)) !== undefined),
    network.until(() => allKnow(network, rest, rest.length - 1)),
  ]);
  await network.commitSome(5, rest.at(-1) ?? "");
  await restart();
  const level = await network.until(async () => {
    const whole = [...rest, killed];
    return (await areLevel(network, whole)) && allKnow(network, whole, whole.length - 1);
  });
  await network.untilWhole();
  return inSeconds(delivers, known, level);
}

async function peerCutOff(network: RecoveryNetwork): Promise<readonly number[]> {
  const [alone, ...others] = network.peers.map(({ name }) => name);
  const heal = await network.site.cut(
    between([[alone ?? ""], [...others, ...network.site.names.orderers]], false),
  );
  await network.commitSome(BLOCKS_MISSED, others.at(-1) ?? "");
  const target = await network.heightOf(others.at(-1) ?? "");
  await heal();
  const level = await network.until(async () => (await network.heightOf(alone ?? "")) >= target);
  await network.untilWhole();
  return inSeconds(level);
}

async function peersSplit(network: RecoveryNetwork): Promise<readonly number[]> {
  const halves = halvesOf(network);
  const all = halves.flat();
  const heal = await network.site.cut(between(halves, false));
  const parted = await network.until(() => allKnow(network, all, all.length / 2 - 1));
  await network.commitSome(5, all[0] ?? "");
  await heal();
  const one = await network.until(
    async () => (await allKnow(network, all, all.length - 1)) && areLevel(network, all),
  );
  await network.untilWhole();
  return inSeconds(parted, one);
}

async function halfWithoutOrderers(network: RecoveryNetwork): Promise<readonly number[]> {
  const [half, others] = halvesOf(network);
  const heal = await network.site.cut(between([half, network.site.names.orderers], false));
  const startMs = performance.now();
  await network.commitSome(1, others[0] ?? "");
  const target = await network.heightOf(others[0] ?? "");
  await network.until(async () => (await lowest(network, [...half, ...others])) >= target);
  const tookMs = performance.now() - startMs;
  await heal();
  await network.untilWhole();
  return inSeconds(tookMs);
}

async function joiner(network: RecoveryNetwork): Promise<readonly number[]> {
  const peer = network.peers[0]?.name ?? "";
  const missing = JOINED_HEIGHT_MIN - (await network.heightOf(peer));
  if (missing > 0) await network.commitSome(missing, peer);
  const { levelMs, channels } = await network.withJoiner("org1");
  await network.untilWhole();
  return [levelMs / 1_000, ((channels[0]?.height ?? 0) / levelMs) * 1_000];
}

/** A figure without a target. */
function shown(what: string): Figure {
  return { what, unit: "s", target: "none", holds: () => true };
}

function within(what: string, seconds: number): Figure {
  return { what, unit: "s", target: `max ≤ ${seconds}`, holds: (_p50, max) => max <= seconds };
}

function inSeconds(...times: readonly number[]): readonly number[] {
  return times.map((ms) => ms / 1_000);
}

/** Peers of that organisation, and the others. */
function sidesOf(network: RecoveryNetwork, mspId: string): readonly [string[], string[]] {
  const names = (isIn: boolean): string[] =>
    network.peers.filter((peer) => (peer.mspId === mspId) === isIn).map(({ name }) => name);
  return [names(true), names(false)];
}

/** Two halves with a peer of each organisation in either. */
function halvesOf(network: RecoveryNetwork): readonly [string[], string[]] {
  const [org1, others] = sidesOf(network, "Org1MSP");
  const all = [org1, others];
  const half = (index: number): string[] => all.flatMap((names) => names.slice(index, index + 1));
  return [half(0), half(1)];
}

async function delivererAmong(
  network: RecoveryNetwork,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) if (await network.isDeliverer(name)) return name;
  return undefined;
}

async function allKnow(
  network: RecoveryNetwork,
  names: readonly string[],
  count: number,
): Promise<boolean> {
  const known = await Promise.all(names.map((name) => network.othersKnownTo(name)));
  return known.every((each) => each === count);
}

async function areLevel(network: RecoveryNetwork, names: readonly string[]): Promise<boolean> {
  const heights = await Promise.all(names.map((name) => network.heightOf(name)));
  return new Set(heights).size === 1;
}

async function lowest(network: RecoveryNetwork, names: readonly string[]): Promise<number> {
  return Math.min(...(await Promise.all(names.map((name) => network.heightOf(name)))));
}
