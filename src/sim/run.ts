/** One seed: draws a world and what happens to it, lets it happen, heals everything, and judges. */
import { BANK, BANK_CONTRACT } from "./workload/bank-contract.ts";
import type { Contract } from "../contract/index.ts";
import type { Invariant, NodeName } from "./contracts.ts";
import { aimsOf, profileFor } from "./faults/aims.ts";
import { drawProfile, type Profile } from "./faults/profile.ts";
import { drawSchedule } from "./faults/draw-schedule.ts";
import { Nemesis } from "./faults/nemesis.ts";
import type { Schedule } from "./faults/schedule.ts";
import { installContract } from "./deploy.ts";
import { NodeWatch } from "./invariants/node-watch.ts";
import { PreparedNetworks, type PreparedNetwork, type SignatureKind } from "./image.ts";
import { allInvariants } from "./invariants/all-invariants.ts";
import type { RunReport } from "./report.ts";
import type { SometimesState } from "./sometimes.ts";
import { NodeCertificates } from "./administration/node-certificates.ts";
import { ENDED_GRACE_MS } from "./invariants/ended-peer-is-out.ts";
import { SHORT_CERTIFICATE_END_MS } from "./material.ts";
import { Trace } from "./trace.ts";
import { Administrators } from "./workload/administrators.ts";
import { Clients } from "./workload/clients.ts";
import { Oracle } from "./workload/oracle.ts";
import type { Workload } from "./workload/own-workload.ts";
import { RepeatedContracts } from "./workload/repeated-contract.ts";
import { Repairs } from "./workload/repairs.ts";
import { SimulatedWorld } from "./world.ts";
import { sleep } from "../kernel/sleep.ts";
import { SeededRandom } from "../kernel/seeded-random.ts";

export interface RunOptions {
  /** In place of what the seed draws. */
  readonly profile?: Profile;
  /** How long the chaos lasts, where no profile says it. Default: a minute. */
  readonly chaosMs?: number;
  /** In place of what the seed draws for its profile. */
  readonly schedule?: Schedule;
  /** In place of what the seed draws: real ones in one world of twenty. */
  readonly signatures?: SignatureKind;
  /** What clients do in place of the bank's calls. */
  readonly workload?: Workload;
  /** Sees every line of the trace. */
  readonly onLine?: (line: string) => void;
  /** The nodes' logs are in the trace too, which gives it another hash. Default false. */
  readonly isLogTraced?: boolean;
  /** Where processor time is read. */
  readonly cpuMs: () => number;
}

/** Time that a healed network has until all its nodes are level and every peer serves. */
const LIVENESS_MS_MAX = 180_000;
const OPENING_MS_MAX = 120_000;
/** Calls that began before the healing have ended by then. */
const CALLS_END_MS_MAX = 60_000;
/** Consenters that are out are back, and joiners are in, by then. */
const ADMINISTRATION_MS_MAX = 300_000;
/** What was committed while certificates had ended has spread by then. */
const ENDED_LOOK_MS = 5_000;
const WATCH_MS = 200;
/** Real signatures cost ten times as much: one world of so many has them. */
const REAL_SIGNATURES_IN = 20;
const VIOLATIONS_MAX = 20;
/** Before what was refused is asked again. */
const SERVE_PAUSE_MS = 1_000;

/** Runs seeds; networks of one size share what they begin with. */
export class Simulator {
  readonly #networks: PreparedNetworks;
  readonly #contracts: RepeatedContracts;

  /**
   * `contracts`: by the names that they are deployed under, beside the bank that every run ends with. `later` returns when real time
   * has passed, and finds who reads a clock; without it, only other whims are found.
   */
  constructor(
    contracts: Readonly<Record<string, Contract>> = {},
    later: () => void = () => undefined,
  ) {
    this.#contracts = new RepeatedContracts(later);
    const own = Object.entries(contracts).map(([name, contract]): [string, Contract] => [
      name,
      this.#contracts.of(name, contract),
    ]);
    this.#networks = new PreparedNetworks(new Map([[BANK, BANK_CONTRACT], ...own]));
  }

  async run(seed: number, options: RunOptions): Promise<RunReport> {
    const random = new SeededRandom(seed);
    const profile =
      options.profile ??
      profileFor(drawProfile(random.child("profile"), options.chaosMs), aimsOf(seed));
    const { orderers, organizations, peersPerOrganization, joiners } = profile;
    const isReal = random.child("signatures").below(REAL_SIGNATURES_IN) === 0;
    const signatures = options.signatures ?? (isReal ? "real" : "keyed");
    const peers = organizations * peersPerOrganization;
    const size = { orderers, organizations, peers, joiners };
    const network = await this.#networks.of(size, signatures);
    // A network is made once for all seeds; what a seed costs begins here.
    const startedMs = options.cpuMs();
    const trace = new Trace(options.onLine);
    const world = new SimulatedWorld({
      ...network,
      seed,
      trace,
      isLogTraced: options.isLogTraced ?? false,
    });
    world.load(network.image);
    const nodes = { ...world.target, joiners: joinersOf(network) };
    const schedule = options.schedule ?? drawSchedule(profile, nodes, random.child("schedule"));
    world.trace("signatures", signatures);
    const run = new Run(world, network, { profile, schedule, workload: options.workload });
    await run.play();
    const { whim, ...contracts } = this.#contracts.take();
    const report: RunReport = {
      seed,
      signatures,
      profile,
      schedule,
      events: trace.count,
      messages: world.network.messageCount,
      traceHash: trace.hash(),
      simulatedMs: world.clock.monotonicMs(),
      cpuMs: options.cpuMs() - startedMs,
      ...run.counts,
      violations: [...run.violations, ...(whim === undefined ? [] : [`contracts: ${whim}`])],
      sometimes: world.reached,
      contracts,
    };
    world.end();
    return report;
  }
}

interface Play {
  readonly profile: Profile;
  readonly schedule: Schedule;
  readonly workload: Workload | undefined;
}

class Run {
  readonly violations: string[] = [];
  readonly #world: SimulatedWorld;
  readonly #network: PreparedNetwork;
  readonly #profile: Profile;
  readonly #schedule: Schedule;
  readonly #workload: Workload | undefined;
  readonly #oracle = new Oracle();
  readonly #invariants: readonly Invariant[];
  #healedAtMs = Infinity;
  // Of those that have spoken: once is enough.
  readonly #broken = new Set<Invariant>();

  constructor(
    world: SimulatedWorld,
    network: PreparedNetwork,
    { profile, schedule, workload }: Play,
  ) {
    this.#world = world;
    this.#network = network;
    this.#profile = profile;
    this.#schedule = schedule;
    this.#workload = workload;
    const reach = (state: SometimesState): void => {
      world.sometimes(state);
    };
    const areClocksRight = !profile.classes.includes("clock");
    this.#invariants = allInvariants(this.#oracle, reach, {
      areClocksRight,
      workload,
      healedAtMs: () => this.#healedAtMs,
    });
    world.onBlocks = () => {
      const view = world.view();
      this.#judge((invariant) => invariant.check(view));
    };
  }

  get counts(): Pick<RunReport, "acknowledged" | "refused" | "unknown" | "blocks" | "isVoid"> {
    const { peers, orderers } = this.#world.view();
    const counts = this.#oracle.counts;
    const blocks = Math.max(...[...peers, ...orderers].map(({ height }) => height));
    return { ...counts, blocks, isVoid: counts.acknowledged === 0 };
  }

  async play(): Promise<void> {
    const world = this.#world;
    const { load, quality, chaosMs, consenterChangeMs, classes } = this.#profile;
    world.trace("profile", JSON.stringify(this.#profile));
    const certificates = new NodeCertificates(world, this.#profile.endingPercent ?? 0);
    world.startAll();
    const clients = new Clients(world, this.#oracle, load, this.#workload);
    if (!(await this.#ends(clients.open(), OPENING_MS_MAX))) {
      this.#add("liveness: no account was opened before anything was disturbed");
      return;
    }
    world.trace("phase", "chaos");
    this.#watch();
    const nemesis = new Nemesis(world, quality);
    const { material } = this.#network;
    const joiners = joinersOf(this.#network);
    const aims = this.#profile.aims?.steps.map(({ step }) => step) ?? [];
    const hasOtherCrashes = classes.includes("failpoint");
    const administrators = new Administrators(world, {
      consenterChangeMs,
      joiners,
      chaosMs,
      crashAt:
        hasOtherCrashes || aims.length > 0
          ? (node, point) => nemesis.crashAt(node, point)
          : undefined,
      aims,
      hasOtherCrashes,
    });
    const repairs = new Repairs(world, (peer) => {
      for (const name of world.contractNames) installContract(world, material, name, [peer]);
    });
    nemesis.play(this.#schedule);
    repairs.run();
    const called = clients.run();
    const administered = administrators.run();
    await world.pass(chaosMs);
    nemesis.end();
    clients.stop();
    administrators.stop();
    world.target.heal();
    world.trace("phase", "healed");
    this.#healedAtMs = world.time.nowMs();
    await this.#ends(called, CALLS_END_MS_MAX);
    if (certificates.areLate) await this.#renewLate(certificates, clients);
    if (!(await this.#ends(administered, ADMINISTRATION_MS_MAX))) {
      const text = "the administrators have not finished what they began";
      this.#add(`liveness: ${ADMINISTRATION_MS_MAX} ms after the healing ${text}`);
    }
    repairs.stop();
    repairs.look();
    await this.#requireLife(clients);
    await world.readAgain();
    const view = world.view();
    this.#judge((invariant) => invariant.check(view) ?? invariant.atEnd?.(view));
  }

  // What has ended does harm for a while, and what is committed meanwhile is nothing for those who are out.
  async #renewLate(certificates: NodeCertificates, clients: Clients): Promise<void> {
    const world = this.#world;
    const untilMs = SHORT_CERTIFICATE_END_MS + ENDED_GRACE_MS;
    await world.pass(Math.max(0, untilMs - world.clock.wallMs()));
    await this.#ends(clients.unserved(world.target.peers), CALLS_END_MS_MAX);
    await world.pass(ENDED_LOOK_MS);
    this.#judge((invariant) => invariant.check(world.view()));
    certificates.renewLate();
  }

  // Liveness: a healed network serves through every peer, and all its nodes become level.
  async #requireLife(clients: Clients): Promise<void> {
    const world = this.#world;
    const { peers } = world.target;
    let unserved = peers;
    const serve = async (): Promise<void> => {
      for (;;) {
        unserved = await clients.unserved(unserved);
        if (unserved.length === 0 || isOver()) return;
        await sleep(world.clock, SERVE_PAUSE_MS);
      }
    };
    const endMs = world.time.nowMs() + LIVENESS_MS_MAX;
    const isOver = (): boolean => world.time.nowMs() >= endMs;
    await this.#ends(serve(), LIVENESS_MS_MAX);
    if (unserved.length > 0) {
      const text = `liveness: ${LIVENESS_MS_MAX} ms after the healing nothing commits through`;
      this.#add(`${text} ${unserved.join(", ")}`);
    }
    await world.pass(Math.max(0, endMs - world.time.nowMs()), () => this.#isLevel());
  }

  #isLevel(): boolean {
    const view = this.#world.view();
    return this.#invariants.every(
      (invariant) => invariant.isEventual !== true || invariant.atEnd?.(view) === undefined,
    );
  }

  #watch(): void {
    const watch = new NodeWatch((state) => {
      this.#world.sometimes(state);
    }, joinersOf(this.#network));
    this.#world.clock.every(WATCH_MS, () => {
      watch.look(this.#world.view());
    });
  }

  async #ends(work: Promise<unknown>, atMostMs: number): Promise<boolean> {
    let hasEnded = false;
    void work.finally(() => {
      hasEnded = true;
    });
    return this.#world.pass(atMostMs, () => hasEnded);
  }

  #judge(violationOf: (invariant: Invariant) => string | undefined): void {
    for (const invariant of this.#invariants) {
      if (this.#broken.has(invariant)) continue;
      const violation = violationOf(invariant);
      if (violation === undefined) continue;
      this.#broken.add(invariant);
      this.#add(`${invariant.name}: ${violation}`);
    }
  }

  #add(violation: string): void {
    this.#world.trace("violation", violation);
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(violation);
  }
}

function joinersOf({ material }: PreparedNetwork): readonly NodeName[] {
  return material.nodes.filter(({ isJoiner }) => isJoiner).map(({ name }) => name);
}
