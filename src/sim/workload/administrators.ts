import type { Random } from "../../kernel/ports/random.ts";
import type { AdminOutcome, ConsenterChange, NodeName, SimPorts } from "../contracts.ts";
import { STEPS_OF_REMOVALS, type Change } from "../ports/steps-of-changes.ts";
import { CrashesInChanges, type CrashAt } from "./crashes-in-changes.ts";

export interface AdministrationOptions {
  /** Mean time between two changes of the consenters; `undefined`: none. */
  readonly consenterChangeMs: number | undefined;
  /** Peers that join the channel at some time of the chaos, and again when they lost their disk. */
  readonly joiners: readonly NodeName[];
  readonly chaosMs: number;
  /** Lets whoever is changed crash in the middle of it; undefined: nobody does for that. */
  readonly crashAt?: CrashAt | undefined;
  /** Steps of changes at which somebody is to crash. */
  readonly aims?: readonly string[];
  /** And at others, by chance. Default true. */
  readonly hasOtherCrashes?: boolean;
}

/** No fewer consenters than these are left. */
const CONSENTERS_MIN = 2;

/** Pause before what has failed is tried again. */
const RETRY_MS = 1_000;

/** Of the chaos, when peers join that somebody waits for. */
const EARLY = 1 / 3;

const WIPES = ["nothing", "the channel", "its disk"] as const;

/**
 * Administrators: they take consenters out and in again, one at a time, renew certificates, replace orderers that lost their
 * disks, and let peers join. When the chaos is over they finish what they began, so that the network ends with everybody in it.
 */
export class Administrators {
  readonly #ports: SimPorts;
  readonly #options: AdministrationOptions;
  readonly #random: Random;
  readonly #crashes: CrashesInChanges | undefined;
  /** The consenter that is out, or may be: whoever asked to take it out does not know more. */
  #out: NodeName | undefined;
  /** Of each orderer, the losses that it has been replaced after. */
  readonly #replaced = new Map<NodeName, number>();
  readonly #doubtful = new Set<NodeName>();
  /** Of these the certificate is of their second key. */
  readonly #renewed = new Set<NodeName>();
  /** The orderer whose certificate is being renewed, or may have been. */
  #renewing: NodeName | undefined;
  #isStopped = false;

  constructor(ports: SimPorts, options: AdministrationOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#random = ports.random("administrators");
    const { crashAt, aims = [], hasOtherCrashes = true } = options;
    this.#crashes =
      crashAt &&
      new CrashesInChanges(crashAt, ports.random("crashes in changes"), {
        aims,
        hasOthers: hasOtherCrashes,
      });
  }

  /** Resolves when, after `stop`, everybody is back in. */
  async run(): Promise<void> {
    const joins = this.#options.joiners.map((peer) => this.#join(peer));
    await Promise.all([this.#lookAfterConsenters(), ...joins]);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #lookAfterConsenters(): Promise<void> {
    let changeAtMs = this.#nextChangeAtMs();
    for (;;) {
      await this.#pause(RETRY_MS);
      const missing = this.#out ?? this.#lossy() ?? this.#outLate();
      if (missing !== undefined) await this.#putBack(missing);
      else if (this.#renewing !== undefined) await this.#renew(this.#renewing);
      else if (this.#isStopped) return;
      else if (this.#ports.time.nowMs() >= changeAtMs && this.#areAllSound()) {
        await this.#takeOut();
        changeAtMs = this.#nextChangeAtMs();
      }
    }
  }

  /** Some aimed step is taken only where a channel is given up. */
  get #needsRemoval(): boolean {
    return this.#options.aims?.some((step) => STEPS_OF_REMOVALS.has(step)) === true;
  }

  #nextChangeAtMs(): number {
    const { consenterChangeMs } = this.#options;
    if (consenterChangeMs === undefined) return Infinity;
    return this.#ports.time.nowMs() + this.#random.below(2 * consenterChangeMs);
  }

  // While an orderer is going to be lost the others are needed.
  #areAllSound(): boolean {
    const { target } = this.#ports;
    return target.orderers.every((name) => target.mayLoseDisk(name));
  }

  async #renew(node: NodeName): Promise<void> {
    this.#renewing = node;
    const { kind } = await this.#change({ renew: node });
    if (kind !== "acknowledged") return;
    this.#renewed.add(node);
    this.#renewing = undefined;
  }

  async #takeOut(): Promise<void> {
    const { orderers } = this.#ports.target;
    const node = orderers[this.#random.below(orderers.length)];
    if (node !== undefined && this.#random.below(3) === 0 && !this.#renewed.has(node)) {
      await this.#renew(node);
      return;
    }
    const drawn = WIPES[this.#random.below(WIPES.length)] ?? "nothing";
    const wipe = this.#needsRemoval && drawn !== "nothing" ? "the channel" : drawn;
    if (node === undefined || orderers.length <= CONSENTERS_MIN) return;
    this.#out = node;
    const outcome = await this.#change({ remove: node, wipe });
    if (outcome.kind === "refused") this.#out = undefined;
  }

  // One that has forgotten what it promised is another member: what it was is taken out first.
  async #putBack(node: NodeName): Promise<void> {
    this.#out = node;
    if (this.#isLossy(node)) {
      const { kind } = await this.#change({ remove: node, wipe: "nothing" });
      if (kind !== "acknowledged") return;
    }
    const losses = this.#lossesOf(node);
    const { kind } = await this.#change({ add: node });
    if (kind !== "acknowledged") return;
    if (losses > (this.#replaced.get(node) ?? 0)) this.#ports.sometimes("orderer was replaced");
    this.#replaced.set(node, losses);
    this.#out = undefined;
  }

  /** An orderer that lost what it had of the channel, and has not been replaced since. */
  #lossy(): NodeName | undefined {
    return this.#ports.target.orderers.find((name) => this.#isLossy(name));
  }

  /** An orderer whose removal nobody answered for: it may have come about after the orderer seemed to be in again. */
  #outLate(): NodeName | undefined {
    const { orderers } = this.#ports.view();
    return orderers.find(
      ({ name, isUp, raft }) => this.#doubtful.has(name) && isUp && raft === undefined,
    )?.name;
  }

  #isLossy(node: NodeName): boolean {
    return this.#lossesOf(node) > (this.#replaced.get(node) ?? 0);
  }

  #lossesOf(node: NodeName): number {
    const { orderers, peers } = this.#ports.view();
    return [...orderers, ...peers].find(({ name }) => name === node)?.ledgersLost ?? 0;
  }

  async #join(peer: NodeName): Promise<void> {
    const { aims = [], chaosMs } = this.#options;
    // What is aimed at takes a while.
    const share = aims.length > 0 ? EARLY : 1;
    await this.#pause(Math.floor(share * this.#random.below(chaosMs)));
    let joinedAfter = -1;
    for (;;) {
      const losses = this.#lossesOf(peer);
      if (losses > joinedAfter) {
        this.#orderCrashes(peer, "join");
        const outcome = await this.#ports.clients.joinPeer(peer);
        this.#tell("join", peer, outcome);
        if (outcome.kind === "acknowledged") {
          joinedAfter = losses;
          this.#crashes?.callOff(peer);
        }
      } else if (this.#isStopped) return;
      await this.#pause(RETRY_MS);
    }
  }

  async #change(change: ConsenterChange): Promise<AdminOutcome> {
    const isLeader = "remove" in change && this.#ports.target.leader() === change.remove;
    const [node, kind] = nodeAndKindOf(change);
    this.#orderCrashes(node, kind);
    const outcome = await this.#ports.clients.changeConsenters(change);
    if ("remove" in change && outcome.kind === "unknown") this.#doubtful.add(node);
    if (outcome.kind === "acknowledged") {
      const isDown = this.#ports.view().orderers.some(({ isUp }) => !isUp);
      if (isDown) this.#ports.sometimes("consenters changed while an orderer was down");
      if (isLeader) this.#ports.sometimes("leader was taken out");
      if ("remove" in change) this.#ports.sometimes(`removed orderer lost ${change.wipe}`);
    }
    // One that is out goes on for a while: it notices, lets go, and writes that down.
    if (outcome.kind !== "unknown" && kind !== "remove") this.#crashes?.callOff(node);
    this.#tell(kind, node, outcome);
    return outcome;
  }

  #orderCrashes(node: NodeName, change: Change): void {
    if (!this.#isStopped) this.#crashes?.order(node, change);
  }

  #tell(what: string, node: NodeName, { kind, reason }: AdminOutcome): void {
    this.#ports.trace(
      "admin",
      `${what} ${node}: ${kind}${reason === undefined ? "" : `, ${reason}`}`,
    );
    this.#ports.sometimes(`${what}: ${kind}`);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ports.time.after(ms, resolve);
    });
  }
}

function nodeAndKindOf(change: ConsenterChange): readonly [NodeName, Change] {
  if ("add" in change) return [change.add, "add"];
  return "renew" in change ? [change.renew, "renew"] : [change.remove, "remove"];
}
