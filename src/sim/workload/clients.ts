import type { Random } from "../../kernel/ports/random.ts";
import type { Envelope } from "../../wire/index.ts";
import type { NodeName, Outcome, SimPorts } from "../contracts.ts";
import { BANK, BANK_COLLECTIONS } from "./bank-contract.ts";
import type { Load } from "./load.ts";
import type { Oracle } from "./oracle.ts";
import type { ContractCall, Workload } from "./own-workload.ts";
import { forged } from "./forgery.ts";
import { unendorsed } from "./unendorsed.ts";

/** What every account is opened with. */
const OPENING_BALANCE = 1_000;

/** Pause between two tries to open the bank, and between two of a transaction whose fate is unknown. */
const RETRY_MS = 500;

const TRANSFER_MAX = 100;
const NOTES = 20;
const SECRETS = 6;
const COLLECTION_NAMES = BANK_COLLECTIONS.map(({ name }) => name);
/** Committed transactions that are remembered, to be sent again long after. */
const REMEMBERED_MAX = 200;

/** Of the bank, where no contract is named. */
type Call = Omit<ContractCall, "contract"> & Partial<ContractCall>;

/**
 * Clients of the bank: each calls, thinks, and calls again; sometimes many calls at once, sometimes what is committed
 * once more, sometimes what it has altered. They keep running when calls fail, as programs do that retry.
 */
export class Clients {
  readonly #ports: SimPorts;
  readonly #oracle: Oracle;
  readonly #load: Load;
  readonly #workload: Workload | undefined;
  readonly #random: Random;
  readonly #remembered: Envelope[] = [];
  #isStopped = false;

  /** `workload`: what is called in place of the bank, which is opened all the same. */
  constructor(ports: SimPorts, oracle: Oracle, load: Load, workload?: Workload) {
    this.#workload = workload;
    this.#ports = ports;
    this.#oracle = oracle;
    this.#load = load;
    this.#random = ports.random("clients");
  }

  /** Opens the accounts; resolves when a peer has committed that. */
  async open(): Promise<void> {
    const args = [String(this.#load.accounts), String(OPENING_BALANCE)];
    for (;;) {
      const outcome = await this.#transact({ fn: "open", args });
      // A first try whose end nobody knew may have opened it.
      const isOpen =
        (outcome.kind === "acknowledged" && outcome.code === 0) ||
        (outcome.kind === "refused" && outcome.reason.includes("the bank is open"));
      if (isOpen) return;
      await this.#pause(RETRY_MS);
    }
  }

  /** Resolves when, after `stop`, every client has heard the end of its last call. */
  async run(): Promise<void> {
    const clients = Array.from({ length: this.#load.clients }, () => this.#runOne());
    await Promise.all(clients);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** One call through each of `peers`, at once: those through which nothing commits. */
  async unserved(peers: readonly NodeName[]): Promise<readonly NodeName[]> {
    const served = await Promise.all(
      peers.map(async (peer) => {
        const { kind } = await this.#transact({ fn: "note", args: [`served-${peer}`, peer] }, peer);
        return kind === "acknowledged";
      }),
    );
    return peers.filter((_, index) => served[index] !== true);
  }

  async #runOne(): Promise<void> {
    while (!this.#isStopped) {
      await this.#pause(1 + this.#random.below(2 * this.#load.thinkMs));
      const isBurst = this.#isChance(this.#load.burstPercent);
      const calls = Array.from({ length: isBurst ? this.#load.burstSize : 1 }, () =>
        this.#callOnce(),
      );
      if (isBurst) this.#ports.sometimes("burst of calls");
      await Promise.all(calls);
    }
  }

  async #callOnce(): Promise<void> {
    if (this.#isChance(this.#load.unendorsedPercent)) {
      await this.#sneak();
      return;
    }
    const outcome = await this.#transact(this.#drawCall());
    this.#ports.sometimes(stateOf(outcome));
    const { envelope } = outcome;
    if (envelope === undefined) return;
    switch (outcome.kind) {
      case "acknowledged":
        this.#remember(envelope);
        if (this.#isChance(this.#load.replayPercent)) await this.#replay(this.#oneOf(envelope));
        if (this.#isChance(this.#load.forgePercent)) await this.#forge(envelope);
        return;
      case "unknown":
        // What an orderer has, a client need not send again; that would hide a gateway that only says so.
        if (outcome.isOrdered !== true) await this.#retry(envelope);
        return;
      case "refused":
    }
  }

  #drawCall(): Call {
    if (this.#workload !== undefined) return this.#workload.call(this.#random);
    const { privatePercent = 0 } = this.#load;
    if (privatePercent > 0 && this.#isChance(privatePercent)) return this.#drawPrivateCall();
    const isHot = this.#isChance(this.#load.hotPercent);
    const account = (): string => String(isHot ? this.#below(2) : this.#below(this.#load.accounts));
    const name = String(this.#below(NOTES));
    const kind = this.#below(10);
    if (isHot && kind < 3) return { fn: "count", args: [] };
    if (kind < 6) {
      const amount = String(1 + this.#below(TRANSFER_MAX));
      return { fn: "transfer", args: [account(), account(), amount] };
    }
    if (kind < 7) return { fn: "balance", args: [account()] };
    if (kind < 8) return { fn: "forget", args: [name] };
    return { fn: "note", args: [name, `at ${this.#ports.time.nowMs()}`] };
  }

  #drawPrivateCall(): Call {
    const collection = anyOf(COLLECTION_NAMES, this.#random);
    const name = `secret-${this.#below(SECRETS)}`;
    const text = `at ${this.#ports.time.nowMs()}`;
    const kind = this.#below(10);
    if (kind < 2) return { fn: "burn", args: [collection, name] };
    return { fn: kind < 5 ? "reseal" : "hide", args: [collection, name, text] };
  }

  async #transact(
    { contract = BANK, fn, args }: Call,
    peer: NodeName = this.#anyPeer(),
  ): Promise<Outcome> {
    const beganAtMs = this.#ports.time.nowMs();
    const outcome = await this.#ports.clients.transact(peer, contract, fn, args);
    this.#oracle.settle(outcome, beganAtMs, this.#ports.time.nowMs());
    if (outcome.isExpired === true) {
      this.#ports.sometimes(`call with a certificate that had ended: ${outcome.kind}`);
    }
    this.#ports.trace("client", `${fn} ${args.join(" ")} at ${peer}: ${textOf(outcome)}`);
    return outcome;
  }

  async #retry(envelope: Envelope): Promise<void> {
    for (let count = 0; count < this.#load.retriesMax; count += 1) {
      await this.#pause(RETRY_MS);
      if ((await this.#resend(envelope)).kind === "acknowledged") {
        this.#ports.sometimes("retry after an unknown end was taken");
        return;
      }
    }
  }

  #remember(envelope: Envelope): void {
    if (this.#remembered.length < REMEMBERED_MAX) this.#remembered.push(envelope);
    else this.#remembered[this.#below(REMEMBERED_MAX)] = envelope;
  }

  // Often the newest; sometimes one that the orderers' logs may not hold any more.
  #oneOf(newest: Envelope): Envelope {
    if (this.#below(2) === 0) return newest;
    return this.#remembered[this.#below(this.#remembered.length)] ?? newest;
  }

  async #sneak(): Promise<void> {
    const [peer, orderer] = [this.#anyPeer(), this.#anyOrderer()];
    const { contract = BANK, fn, args } = this.#drawCall();
    const outcome = await this.#ports.clients.sneak(
      peer,
      orderer,
      [contract, fn, ...args],
      (prepared) => unendorsed(prepared, this.#random),
    );
    if (outcome.envelope !== undefined) this.#oracle.settleUnendorsed(outcome, outcome.envelope);
    const what = `${fn} ${args.join(" ")} unendorsed to ${orderer}`;
    this.#ports.trace("client", `${what}: ${textOf(outcome)}`);
    if (outcome.kind === "acknowledged")
      this.#ports.sometimes("unendorsed transaction was ordered");
  }

  async #replay(envelope: Envelope): Promise<void> {
    const before = this.#newestTerm();
    await this.#pause(this.#below(4_000));
    const outcome = await this.#resend(envelope);
    if (outcome.kind !== "acknowledged") return;
    this.#ports.sometimes("replay was answered as ordered");
    if (this.#newestTerm() > before) this.#ports.sometimes("duplicate over a leader change");
  }

  #newestTerm(): number {
    return Math.max(0, ...this.#ports.view().orderers.map(({ raft }) => raft?.term ?? 0));
  }

  async #resend(envelope: Envelope): Promise<Outcome> {
    const orderer = this.#anyOrderer();
    this.#oracle.sendAgain(envelope);
    const outcome = await this.#ports.clients.resend(orderer, envelope);
    this.#oracle.settleAgain(outcome, envelope);
    this.#ports.trace("client", `once more to ${orderer}: ${textOf(outcome)}`);
    return outcome;
  }

  async #forge(envelope: Envelope): Promise<void> {
    const fake = forged(envelope, this.#random);
    this.#oracle.sendForged(fake);
    const orderer = this.#anyOrderer();
    const outcome = await this.#ports.clients.resend(orderer, fake);
    this.#ports.trace("client", `forged to ${orderer}: ${textOf(outcome)}`);
    if (outcome.kind === "refused") this.#ports.sometimes("forged envelope was refused");
  }

  #anyPeer(): NodeName {
    return anyOf(this.#ports.target.peers, this.#random);
  }

  #anyOrderer(): NodeName {
    return anyOf(this.#ports.target.orderers, this.#random);
  }

  #below(exclusiveMax: number): number {
    return this.#random.below(exclusiveMax);
  }

  #isChance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ports.time.after(ms, resolve);
    });
  }
}

function anyOf(names: readonly string[], random: Random): string {
  return names[random.below(names.length)] ?? "";
}

function stateOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "acknowledged":
      return outcome.code === 0 ? "transaction was valid" : `transaction got code ${outcome.code}`;
    case "refused":
      return "transaction was refused";
    case "unknown":
      return "fate of a transaction was unknown";
  }
}

function textOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "acknowledged":
      return `acknowledged ${outcome.txId.slice(0, 8)} code ${outcome.code}`;
    case "refused":
      return `refused, ${outcome.reason}`;
    case "unknown":
      return `unknown ${outcome.txId?.slice(0, 8) ?? ""}`;
  }
}
