import { expect } from "vitest";
import { isConfigBlock } from "../../../src/channel/index.ts";
import { toHex, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import {
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  blockHeaderHash,
  create,
  encode,
  openEnvelope,
  transactionId,
  type Block,
} from "../../../src/wire/index.ts";
import { recordOf } from "../../../cluster/ordering/core/block-assembly.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { SimulatedNetwork } from "../replica/network.ts";
import { Machine } from "./machine.ts";
import {
  MACHINES,
  changeIn,
  contentOfBlock,
  type Certificates,
  type Change,
  type Content,
} from "./simulated-config.ts";

const CHAOS_MS = 12_000;
const HEALED_MS = 20_000;
const CALM = { lostPerMille: 0, repeatedPerMille: 0, delayMsMax: 5 };

/** What one run did, for its author to see that it did something. */
export interface RunReport {
  readonly acknowledged: number;
  readonly refused: number;
  readonly crashes: number;
  readonly blocks: number;
  /** Configurations that came into force, by what they changed. */
  readonly changes: Readonly<Record<string, number>>;
  /** Machines that found out by themselves that they were removed. */
  readonly evictions: number;
  /** Header hash of the newest block: equal for equal seeds. */
  readonly tip: string;
}

/** Five machines of which some order, clients, administrators and a nemesis, from one seed. Throws on a broken promise. */
export function runSeed(seed: number, certificates: Certificates): Promise<RunReport> {
  return new Run(seed, certificates).play();
}

interface NumberedContent {
  readonly content: Content;
  /** Of its block. */
  readonly number: number;
}

class Run {
  readonly #random: SeededRandom;
  readonly #time = new SimulatedTime();
  readonly #network: SimulatedNetwork;
  readonly #machines: readonly Machine[];
  readonly #acknowledged = new Map<string, number>();
  readonly #changes: Change[] = [];
  #sentCount = 0;
  #refused = 0;
  #waiting = 0;
  #crashes = 0;

  constructor(seed: number, certificates: Certificates) {
    this.#random = new SeededRandom(seed);
    this.#network = new SimulatedNetwork(this.#time, new SeededRandom(seed + 1), {
      lostPerMille: this.#random.below(60),
      repeatedPerMille: this.#random.below(50),
      delayMsMax: 1 + this.#random.below(20),
    });
    this.#machines = MACHINES.map((number) => {
      return new Machine(number, {
        time: this.#time,
        network: this.#network,
        random: new SeededRandom(seed * 10 + number),
        certificates,
        fetch: (from, wanted) => this.#fetch(from, wanted),
        isRefused: (caller, by) => this.#isRefused(caller, by),
      });
    });
  }

  async play(): Promise<RunReport> {
    await this.#meanwhile(Promise.all(this.#machines.map((machine) => machine.start())));
    for (let untilMs = CHAOS_MS; untilMs > 0;) {
      const stepMs = 5 + this.#random.below(60);
      await this.#time.advance(stepMs);
      untilMs -= stepMs;
      this.#client();
      if (this.#random.below(8) === 0) this.#administrator();
      await this.#nemesis();
    }
    await this.#heal();
    await this.#liveness();
    return this.#check();
  }

  #any(): Machine {
    return this.#machines[this.#random.below(this.#machines.length)]!;
  }

  #client(): void {
    for (let count = this.#random.below(4); count > 0; count -= 1) this.#orderAt(this.#any());
  }

  #orderAt(machine: Machine): void {
    if (!machine.isConsenter) return;
    const name = `transaction ${this.#sentCount}`;
    this.#sentCount += 1;
    const payload = payloadOf(name);
    this.#await(name, machine.order({ payload, signature: utf8("s") }));
  }

  #administrator(): void {
    const machine = this.#any();
    const { content } = machine;
    if (content === undefined) return;
    const change = this.#change(content);
    this.#changes.push(change);
    this.#await(`change ${change.id}`, machine.update(change));
  }

  #change(content: Content): Change {
    const id = this.#changes.length;
    const base = content.consensusVersion;
    const { number: machine } = this.#any();
    const isConsenter = content.consenters.some((each) => each.machine === machine);
    switch (this.#random.below(6)) {
      case 0:
        return { id, base, what: { type: "rotate", machine } };
      case 1:
        return {
          id,
          base,
          what: {
            type: "tune",
            electionTicks: 5 + this.#random.below(10),
            inflightMax: 1 + this.#random.below(5),
          },
        };
      case 2: {
        const countMax = 1 + this.#random.below(8);
        return { id, base: content.batchVersion, what: { type: "batch", countMax } };
      }
      default:
        return { id, base, what: { type: isConsenter ? "remove" : "add", machine } };
    }
  }

  #await(name: string, answer: ReturnType<Machine["order"]>): void {
    this.#waiting += 1;
    void answer.then((result) => {
      this.#waiting -= 1;
      if (result.kind === "unavailable") this.#refused += 1;
      else {
        const known = this.#acknowledged.get(name) ?? result.blockNumber;
        expect([name, result.blockNumber]).toEqual([name, known]);
        this.#acknowledged.set(name, result.blockNumber);
      }
    });
  }

  async #nemesis(): Promise<void> {
    const machine = this.#any();
    switch (this.#random.below(16)) {
      case 0:
        if (machine.isUp) this.#crash(machine);
        return;
      case 1: {
        const leader = this.#machines.find((each) => each.isLeader);
        if (leader !== undefined) this.#crash(leader);
        return;
      }
      case 2:
      case 3:
      case 4:
        await this.#restartAll();
        return;
      case 5:
        this.#network.cut(machine.number, this.#any().number);
        return;
      case 6:
        for (const other of this.#machines) {
          this.#network.cut(machine.number, other.number);
          this.#network.cut(other.number, machine.number);
        }
        return;
      case 7:
      case 8:
        this.#network.heal();
        return;
      case 9:
      case 10:
        await this.#renew();
    }
  }

  // An operator puts the certificate in place that the newest configuration names which names the machine, whether the
  // other consenters have that configuration or not.
  async #renew(): Promise<void> {
    for (const machine of this.#machines) {
      const newest = await this.#newest(machine.number);
      const named = newest?.content.consenters.find((each) => each.machine === machine.number);
      if (named === undefined) continue;
      machine.version = named.version;
      if (machine.isUp && machine.presented !== named.version) this.#crash(machine);
    }
  }

  /** Of those that any machine has, and that name this one. */
  async #newest(naming?: number): Promise<NumberedContent | undefined> {
    let newest: NumberedContent | undefined;
    for (const machine of this.#machines) {
      for (let number = machine.height - 1; number >= 0; number -= 1) {
        const block = await machine.block(number);
        if (block === undefined || !isConfigBlock(block)) continue;
        const content = contentOfBlock(block);
        const isNaming = content.consenters.some((each) => each.machine === naming);
        if (naming !== undefined && !isNaming) continue;
        if (newest === undefined || number > newest.number) newest = { content, number };
        break;
      }
    }
    return newest;
  }

  // As a call to another orderer: it must be up, and the ways there and back open.
  async #fetch(from: number, number: number): Promise<Block | undefined> {
    const others = this.#machines.filter((machine) => machine.number !== from);
    const other = others[this.#random.below(others.length)]!;
    const isReachable =
      this.#network.isOpen(from, other.number) && this.#network.isOpen(other.number, from);
    return isReachable && number < other.height ? other.block(number) : undefined;
  }

  #isRefused(caller: number, by: number): boolean {
    const isReachable = this.#network.isOpen(caller, by) && this.#network.isOpen(by, caller);
    return isReachable && this.#machines[by - 1]!.refuses(this.#machines[caller - 1]!);
  }

  #crash(machine: Machine): void {
    machine.crash();
    this.#crashes += 1;
  }

  async #restartAll(): Promise<void> {
    const down = this.#machines.filter((machine) => !machine.isUp);
    await this.#meanwhile(Promise.all(down.map((machine) => machine.restart())));
  }

  async #heal(): Promise<void> {
    this.#network.heal();
    this.#network.faults = CALM;
    await this.#restartAll();
  }

  // The members come to be those of the configuration; everybody orders again, and everyone comes to be level.
  async #liveness(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      await this.#renew();
      await this.#restartAll();
      await this.#time.advance(HEALED_MS / 10);
      if (await this.#isSettled()) break;
    }
    await this.#time.advance(HEALED_MS, () => this.#waiting === 0);
    const { content } = (await this.#newest())!;
    const consenters = this.#machines.filter((machine) => machine.isConsenter);
    expect(
      consenters.map(({ number }) => number),
      this.#describe(),
    ).toEqual(content.consenters.map(({ machine }) => machine).sort((a, b) => a - b));
    expect(
      consenters.map(({ pending }) => pending),
      this.#describe(),
    ).toEqual(consenters.map(() => undefined));
    const before = this.#acknowledged.size;
    for (const machine of consenters) {
      for (let count = 0; count < 5; count += 1) this.#orderAt(machine);
    }
    await this.#time.advance(HEALED_MS, () => this.#waiting === 0);
    expect(this.#waiting).toBe(0);
    expect(this.#acknowledged.size - before, this.#describe()).toBe(5 * consenters.length);
    await this.#time.advance(HEALED_MS, () => this.#isLevel());
    const { height } = consenters[0]!;
    expect(this.#machines.map((machine) => machine.height)).toEqual(MACHINES.map(() => height));
  }

  #describe(): string {
    return this.#machines.map(({ description }) => description).join("\n");
  }

  async #isSettled(): Promise<boolean> {
    const { consenters } = (await this.#newest())!.content;
    return (
      this.#waiting === 0 &&
      this.#isLevel() &&
      consenters.every(({ machine: number, version }) => {
        const machine = this.#machines[number - 1]!;
        const isRight = machine.isConsenter && machine.presented === version;
        return isRight && machine.voters.length === consenters.length;
      })
    );
  }

  #isLevel(): boolean {
    return new Set(this.#machines.map((machine) => machine.height)).size === 1;
  }

  async #check(): Promise<RunReport> {
    for (const { failure } of this.#machines) expect(failure).toBeUndefined();
    const chains = await Promise.all(this.#machines.map((machine) => chainOf(machine)));
    const [first] = chains;
    for (const chain of chains) {
      expect(chain.hashes).toEqual(first!.hashes);
      expect(chain.memberships).toEqual(first!.memberships);
    }
    expect(first!.duplicates).toEqual([]);
    for (const [name, blockNumber] of this.#acknowledged) {
      expect([name, first!.places.get(name)]).toEqual([name, blockNumber]);
    }
    const counts: Record<string, number> = {};
    for (const { id, what } of this.#changes) {
      if (!first!.places.has(`change ${id}`)) continue;
      counts[what.type] = (counts[what.type] ?? 0) + 1;
    }
    return {
      acknowledged: this.#acknowledged.size,
      refused: this.#refused,
      crashes: this.#crashes,
      blocks: first!.hashes.length,
      changes: counts,
      evictions: this.#machines.reduce((sum, machine) => sum + machine.evictionCount, 0),
      tip: first!.hashes.at(-1)!,
    };
  }

  async #meanwhile(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    let failure: { readonly error: unknown } | undefined;
    void work
      .catch((error: unknown) => {
        failure = { error };
      })
      .then(() => {
        isDone = true;
      });
    await this.#time.advance(10_000, () => isDone);
    if (failure !== undefined) throw failure.error;
    expect(isDone).toBe(true);
  }
}

function payloadOf(name: string): Uint8Array {
  const nonce = utf8(name);
  const creator = utf8("client");
  const type = HeaderType.ENDORSER_TRANSACTION;
  const txId = transactionId(nonce, creator);
  const channelHeader = encode(ChannelHeader, create(ChannelHeader, { type, txId }));
  const signatureHeader = encode(SignatureHeader, { creator, nonce });
  return encode(Payload, { header: { channelHeader, signatureHeader }, data: nonce });
}

interface Chain {
  readonly hashes: readonly string[];
  /** What each block says of the members after it. */
  readonly memberships: readonly string[];
  readonly places: ReadonlyMap<string, number>;
  readonly duplicates: readonly string[];
}

async function chainOf(machine: Machine): Promise<Chain> {
  const hashes: string[] = [];
  const memberships: string[] = [];
  const places = new Map<string, number>();
  const duplicates: string[] = [];
  for (let number = 0; number < machine.height; number += 1) {
    const block = (await machine.block(number))!;
    hashes.push(toHex(blockHeaderHash(block.header!)));
    if (number === 0) continue;
    expect(toHex(block.header!.previousHash)).toBe(hashes[number - 1]);
    memberships.push(JSON.stringify(recordOf(block)));
    for (const bytes of block.data!.data) {
      const name = isConfigBlock(block) ? `change ${changeIn(bytes)}` : nameOf(bytes);
      if (places.has(name)) duplicates.push(name);
      places.set(name, number);
    }
  }
  return { hashes, memberships, places, duplicates };
}

function nameOf(envelope: Uint8Array): string {
  const reading = openEnvelope(envelope);
  return reading.kind === "opened" ? utf8Decode(reading.opened.payload.data) : "malformed";
}
