/** Kills orderers under load, over and over, and holds their chains against what clients were told. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../src/kernel/ports/random.ts";
import { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { DevelopmentNetwork } from "../../src/network/development-network.ts";
import { audit, isClean, type AuditReport } from "./audit.ts";
import { Clients } from "./clients.ts";
import { KillableOrderer } from "./orderers.ts";

export interface KillLoopOptions {
  readonly cycles: number;
  /** From which victims and pauses follow; what the processes make of them is theirs. */
  readonly seed: number;
  readonly portOffset: number;
  readonly clients: number;
  /** Cycles between two audits of the files. */
  readonly auditEvery: number;
  /** Longest time between the end of a cycle and the next kill. */
  readonly pauseMsMax: number;
  /** The loop ends early after this. */
  readonly minutesMax: number;
  /** Aborted: no further cycle begins, and what was done is audited. */
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export interface KillLoopReport {
  readonly cycles: number;
  readonly kills: number;
  /** Cycles by how many orderers were killed at once. */
  readonly killedAtOnce: Readonly<Record<number, number>>;
  readonly audits: number;
  readonly sent: number;
  readonly failedAttempts: number;
  readonly repeated: number;
  readonly acknowledged: number;
  readonly restartMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Longest time in which no client was told of success, audits aside. */
  readonly longestGapMs: number;
  readonly seconds: number;
  /** Orderers that ended by themselves. */
  readonly failures: readonly string[];
  /** The last audit, or the first that found something. */
  readonly audit: AuditReport;
  /** Nothing is wrong, all heights are equal, and there was load: an acknowledgement for each cycle at least. */
  readonly isPassed: boolean;
  /** Where the files are, when something is wrong. */
  readonly keptDirectory: string | undefined;
}

const LEVEL_TIMEOUT_MS = 60_000;
const PROGRESS_EVERY = 20;

/** Starts three orderers in a folder of their own, and leaves nothing behind unless something is wrong. */
export async function runKillLoop(options: KillLoopOptions): Promise<KillLoopReport> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-chaos-kill-"));
  const { network } = await DevelopmentNetwork.openOrCreate(
    join(directory, "network"),
    { ordererCount: 3, peerCountPerOrganization: 1, portOffset: options.portOffset },
    () => undefined,
  );
  const orderers = network.topology.orderers.map((site) => new KillableOrderer(network, site));
  const loop = new KillLoop(options, network, orderers);
  let report: KillLoopReport | undefined;
  try {
    report = await loop.run();
  } finally {
    await Promise.all(orderers.map((orderer) => orderer.kill()));
    if (report?.isPassed === true) await rm(directory, { recursive: true, force: true });
  }
  return { ...report, keptDirectory: report.isPassed ? undefined : directory };
}

class KillLoop {
  readonly #options: KillLoopOptions;
  readonly #network: DevelopmentNetwork;
  readonly #orderers: readonly KillableOrderer[];
  readonly #random: Random;
  readonly #restartsMs: number[] = [];
  readonly #killedAtOnce: Record<number, number> = {};
  #kills = 0;
  #cycles = 0;
  #audits = 0;

  constructor(
    options: KillLoopOptions,
    network: DevelopmentNetwork,
    orderers: readonly KillableOrderer[],
  ) {
    this.#options = options;
    this.#network = network;
    this.#orderers = orderers;
    this.#random = new SeededRandom(options.seed);
  }

  async run(): Promise<KillLoopReport> {
    const { cycles, clients: count, seed, minutesMax, auditEvery, signal } = this.#options;
    const startMs = performance.now();
    await Promise.all(this.#orderers.map((orderer) => orderer.start()));
    const clients = await Clients.start(this.#network, { count, seed });
    const seconds = (): number => (performance.now() - startMs) / 1_000;
    let report: AuditReport | undefined;
    try {
      while (this.#cycles < cycles && seconds() < 60 * minutesMax && !signal.aborted) {
        await this.#cycle();
        if (this.#cycles % PROGRESS_EVERY === 0) this.#tell(clients, seconds());
        if (this.#cycles % auditEvery === 0) report = await this.#auditAll(clients);
        if (this.#failures().length > 0 || (report !== undefined && !isClean(report))) break;
      }
    } finally {
      await clients.stop();
    }
    if (report === undefined || isClean(report)) {
      await this.#untilLevel();
      report = await this.#auditDown(clients);
    }
    return this.#report(clients, report, seconds());
  }

  async #cycle(): Promise<void> {
    const { pauseMsMax } = this.#options;
    await delay(this.#random.below(pauseMsMax + 1));
    const victims = this.#victims();
    this.#cycles += 1;
    this.#kills += victims.length;
    this.#killedAtOnce[victims.length] = (this.#killedAtOnce[victims.length] ?? 0) + 1;
    await Promise.all(victims.map((victim) => victim.kill()));
    await this.#restart(victims);
  }

  // Mostly one, sometimes two or all.
  #victims(): readonly KillableOrderer[] {
    const roll = this.#random.below(10);
    const count = roll < 7 ? 1 : roll < 9 ? 2 : 3;
    const first = this.#random.below(this.#orderers.length);
    return [...this.#orderers.slice(first), ...this.#orderers.slice(0, first)].slice(0, count);
  }

  async #restart(victims: readonly KillableOrderer[]): Promise<void> {
    this.#restartsMs.push(...(await Promise.all(victims.map((victim) => victim.start()))));
  }

  #failures(): readonly string[] {
    return this.#orderers.flatMap(({ failure }) => failure ?? []);
  }

  // Files are read while nobody writes: all are killed for it, which is one more cycle's worth of kills.
  async #auditAll(clients: Clients): Promise<AuditReport> {
    const report = await this.#auditDown(clients);
    this.#kills += this.#orderers.length;
    await this.#restart(this.#orderers);
    clients.seen.forgetPause();
    return report;
  }

  async #auditDown(clients: Clients): Promise<AuditReport> {
    await Promise.all(this.#orderers.map((orderer) => orderer.kill()));
    const acknowledged = [...clients.seen.acknowledged];
    const chains = await Promise.all(this.#orderers.map((orderer) => orderer.storedChain()));
    this.#audits += 1;
    return audit(chains, acknowledged);
  }

  async #untilLevel(): Promise<void> {
    const deadlineMs = performance.now() + LEVEL_TIMEOUT_MS;
    for (;;) {
      const heights = await Promise.all(this.#orderers.map((orderer) => orderer.height()));
      if (heights[0] !== undefined && new Set(heights).size === 1) return;
      // The audit says so too: what it is told of are unequal heights.
      if (performance.now() > deadlineMs) return;
      await delay(100);
    }
  }

  #tell({ seen }: Clients, seconds: number): void {
    const { cycles, minutesMax, progress } = this.#options;
    const perMinute = (this.#cycles / seconds) * 60;
    const minutesLeft = Math.min((cycles - this.#cycles) / perMinute, minutesMax - seconds / 60);
    const { p50, p99 } = this.#restartFigures();
    progress(
      [
        `${this.#cycles} of ${cycles} cycles`,
        `${this.#kills} kills`,
        `${seen.acknowledged.size} acknowledged`,
        `${this.#audits} audits`,
        `restart p50 ${p50} ms, p99 ${p99} ms`,
        `${perMinute.toFixed(0)} cycles a minute`,
        `${Math.max(0, minutesLeft).toFixed(0)} min left`,
      ].join(", "),
    );
  }

  #restartFigures(): KillLoopReport["restartMs"] {
    const sorted = this.#restartsMs.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
    return { p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? 0) };
  }

  #report({ seen }: Clients, report: AuditReport, seconds: number): KillLoopReport {
    const failures = this.#failures();
    const isLevel = new Set(Object.values(report.heights)).size === 1;
    const isLoaded = seen.acknowledged.size >= this.#cycles;
    return {
      cycles: this.#cycles,
      kills: this.#kills,
      killedAtOnce: this.#killedAtOnce,
      audits: this.#audits,
      sent: seen.sentCount,
      failedAttempts: seen.failedCount,
      repeated: seen.repeatedCount,
      acknowledged: seen.acknowledged.size,
      restartMs: this.#restartFigures(),
      longestGapMs: Math.round(seen.longestGapMs),
      seconds: Math.round(seconds),
      failures,
      audit: report,
      isPassed: isClean(report) && failures.length === 0 && isLevel && isLoaded,
      keptDirectory: undefined,
    };
  }
}
