import { describe, expect, test } from "vitest";
import { equalBytes, utf8 } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import type {
  AdminOutcome,
  ClientPort,
  ConsenterChange,
  Outcome,
  SimPorts,
  StepOfNode,
} from "../../../../src/sim/contracts.ts";
import { Administrators } from "../../../../src/sim/workload/administrators.ts";
import { Clients } from "../../../../src/sim/workload/clients.ts";
import type { Load } from "../../../../src/sim/workload/load.ts";
import { Oracle } from "../../../../src/sim/workload/oracle.ts";
import {
  ChannelHeader,
  Payload,
  create,
  encode,
  type Envelope,
} from "../../../../src/wire/index.ts";

const LOAD: Load = {
  clients: 3,
  thinkMs: 100,
  burstPercent: 10,
  burstSize: 4,
  accounts: 4,
  hotPercent: 20,
  replayPercent: 50,
  forgePercent: 30,
  unendorsedPercent: 20,
  retriesMax: 2,
};

function envelopeOf(txId: string): Envelope {
  const channelHeader = encode(ChannelHeader, create(ChannelHeader, { txId }));
  const header = { channelHeader, signatureHeader: new Uint8Array() };
  const payload = encode(Payload, create(Payload, { header }));
  return { payload, signature: utf8(`signed ${txId}`) };
}

/** A network of which a script says how each call ends; it takes 10 ms. */
class ScriptedNetwork implements ClientPort {
  readonly calls: string[] = [];
  readonly resent: Envelope[] = [];
  readonly made: Map<string, Envelope> = new Map();
  readonly #time: SimPorts["time"];
  readonly #end: (count: number) => Outcome["kind"];
  #count = 0;

  constructor(time: SimPorts["time"], end: (count: number) => Outcome["kind"]) {
    this.#time = time;
    this.#end = end;
  }

  transact(_: string, __: string, fn: string, args: readonly string[]): Promise<Outcome> {
    this.calls.push([fn, ...args].join(" "));
    const txId = `tx${(this.#count += 1)}`;
    const envelope = envelopeOf(txId);
    this.made.set(txId, envelope);
    return this.#later(this.#outcome(txId, envelope));
  }

  resend(_: string, envelope: Envelope): Promise<Outcome> {
    this.resent.push(envelope);
    const isGenuine = [...this.made.values()].some((made) => isSame(made, envelope));
    if (!isGenuine) return this.#later({ kind: "refused", reason: "forged" });
    return this.#later({ kind: "acknowledged", txId: "?", code: 0, envelope });
  }

  sneak(
    _: string,
    __: string,
    [, fn, ...args]: readonly [string, string, ...(readonly string[])],
  ): Promise<Outcome> {
    this.calls.push(`unendorsed ${[fn, ...args].join(" ")}`);
    const txId = `tx${(this.#count += 1)}`;
    return this.#later(this.#outcome(txId, envelopeOf(txId)));
  }

  changeConsenters(change: ConsenterChange): Promise<AdminOutcome> {
    this.calls.push(JSON.stringify(change));
    return this.#later({ kind: this.#end((this.#count += 1)) });
  }

  joinPeer(name: string): Promise<AdminOutcome> {
    this.calls.push(`join ${name}`);
    return this.#later({ kind: this.#end((this.#count += 1)) });
  }

  #outcome(txId: string, envelope: Envelope): Outcome {
    const kind = this.#end(this.#count);
    switch (kind) {
      case "acknowledged":
        return { kind, txId, code: 0, envelope };
      case "refused":
        return { kind, reason: "no", envelope };
      case "unknown":
        return { kind, txId, envelope };
    }
  }

  #later<T>(outcome: T): Promise<T> {
    return new Promise((resolve) => {
      this.#time.after(10, () => {
        resolve(outcome);
      });
    });
  }
}

function isSame(a: Envelope, b: Envelope): boolean {
  return equalBytes(a.payload, b.payload) && equalBytes(a.signature, b.signature);
}

/** Time that runs as fast as promises settle. */
class Rush {
  #atMs = 0;
  readonly #due: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.#atMs;
  }
  after(ms: number, run: () => void): void {
    this.#due.push({ atMs: this.#atMs + ms, run });
  }
  async to(untilMs: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#due.sort((a, b) => a.atMs - b.atMs);
      const next = this.#due[0];
      if (next === undefined || next.atMs > untilMs) return;
      this.#due.shift();
      this.#atMs = next.atMs;
      next.run();
    }
  }
}

function setting(end: (count: number) => Outcome["kind"]): {
  time: Rush;
  network: ScriptedNetwork;
  ports: SimPorts;
  reached: Set<string>;
  losses: Map<string, number>;
  condemned: Set<string>;
} {
  const time = new Rush();
  const network = new ScriptedNetwork(time, end);
  const random = new SeededRandom(7);
  const reached = new Set<string>();
  const losses = new Map<string, number>();
  const view = (names: readonly string[]): readonly { name: string; ledgersLost: number }[] =>
    names.map((name) => ({ name, ledgersLost: losses.get(name) ?? 0 }));
  const orderers = ["orderer1", "orderer2", "orderer3"];
  const condemned = new Set<string>();
  const ports = {
    time,
    random: (purpose: string) => random.child(purpose),
    view: () => ({ orderers: view(orderers), peers: view(["peer1", "peer2", "peer9"]) }),
    target: {
      leader: () => orderers[0],
      orderers,
      peers: ["peer1", "peer2"],
      mayLoseDisk: (name: string) => !condemned.has(name),
    },
    clients: network,
    trace: () => undefined,
    sometimes: (state: string) => void reached.add(state),
  };
  // Clients and administrators look at nothing else.
  return { time, network, ports: ports as unknown as SimPorts, reached, losses, condemned };
}

describe("the clients", () => {
  test("open the bank once a peer has committed that, however often it takes", async () => {
    const { time, network, ports } = setting((count) => (count < 3 ? "unknown" : "acknowledged"));
    let isOpen = false;
    const opening = new Clients(ports, new Oracle(), LOAD).open().then(() => {
      isOpen = true;
    });
    await time.to(600);
    expect(isOpen).toBe(false);
    await time.to(5_000);
    await opening;
    expect(network.calls).toEqual(["open 4 1000", "open 4 1000", "open 4 1000"]);
  });

  test("call until they are stopped, and tell the oracle how every call ended", async () => {
    const kinds = ["acknowledged", "refused", "unknown"] as const;
    const { time, network, ports, reached } = setting((count) => kinds[count % 3]!);
    const oracle = new Oracle();
    const clients = new Clients(ports, oracle, LOAD);
    const running = clients.run();
    await time.to(25_000);
    clients.stop();
    await time.to(60_000);
    await running;
    const { acknowledged, refused, unknown } = oracle.counts;
    const unendorsed = network.calls.filter((call) => call.startsWith("unendorsed"));
    expect(network.calls.length - unendorsed.length).toBe(acknowledged + refused + unknown);
    expect(oracle.unendorsed.size).toBe(unendorsed.length);
    expect(reached).toContain("unendorsed transaction was ordered");
    expect(Math.min(acknowledged, refused, unknown)).toBeGreaterThan(30);
    expect(oracle.acknowledged).toHaveLength(acknowledged);
    expect(reached).toContain("burst of calls");
    expect(reached).toContain("retry after an unknown end was taken");
    expect(reached).toContain("forged envelope was refused");
    const genuine = [...network.made.values()];
    for (const envelope of network.resent) {
      const isGenuine = genuine.some((made) => isSame(made, envelope));
      expect(oracle.isForged(envelope)).toBe(!isGenuine);
    }
  });

  test("say through which peers nothing commits", async () => {
    const { time, ports } = setting((count) => (count === 2 ? "unknown" : "acknowledged"));
    const asked = new Clients(ports, new Oracle(), LOAD).unserved(["peer1", "peer2"]);
    await time.to(100);
    expect(await asked).toEqual(["peer2"]);
  });
});

describe("the administrators", () => {
  test("put everybody back before they end, though calls fail", async () => {
    const kinds = ["unknown", "acknowledged", "refused", "acknowledged"] as const;
    const { time, network, ports } = setting((count) => kinds[count % 4]!);
    const options = { consenterChangeMs: 500, joiners: ["peer9"], chaosMs: 5_000 };
    const administrators = new Administrators(ports, options);
    const running = administrators.run();
    await time.to(10_000);
    administrators.stop();
    await time.to(60_000);
    await running;
    expect(network.calls.filter((call) => call === "join peer9").length).toBeGreaterThan(0);
    const removals = network.calls.filter((call) => call.includes("remove"));
    expect(removals.length).toBeGreaterThan(3);
    const changes = network.calls.filter((call) => call.startsWith("{"));
    // Whatever came last is done: who was taken out is in, and no renewal is left half done.
    const last = changes.at(-1) ?? "";
    expect(last.includes("add") || last.includes("renew")).toBe(true);
    const lastOf = (what: string): number => changes.findLastIndex((call) => call.includes(what));
    expect(lastOf("add")).toBeGreaterThan(lastOf("remove"));
  });

  test("change nothing while an orderer is about to be lost", async () => {
    const { time, network, ports, condemned } = setting(() => "acknowledged");
    condemned.add("orderer3");
    const options = { consenterChangeMs: 500, joiners: [], chaosMs: 5_000 };
    const administrators = new Administrators(ports, options);
    const running = administrators.run();
    await time.to(10_000);
    expect(network.calls).toEqual([]);
    condemned.clear();
    await time.to(20_000);
    expect(network.calls.length).toBeGreaterThan(0);
    administrators.stop();
    await time.to(60_000);
    await running;
  });

  test("let whoever is changed crash at a step of that change, while it takes", async () => {
    const { time, ports } = setting(() => "acknowledged");
    const ordered = new Map<object, string>();
    const seen = new Map<string, Set<string>>();
    const options = {
      consenterChangeMs: 500,
      joiners: ["peer9"],
      chaosMs: 5_000,
      crashAt: (node: string, point: StepOfNode) => {
        ordered.set(point, node);
        seen.set(node, (seen.get(node) ?? new Set()).add(point.step));
        return () => void ordered.delete(point);
      },
    };
    const administrators = new Administrators(ports, options);
    const running = administrators.run();
    await time.to(60_000);
    administrators.stop();
    await time.to(90_000);
    await running;
    expect([...seen.keys()].sort()).toEqual(["orderer1", "orderer2", "orderer3", "peer9"]);
    const steps = [...seen].flatMap(([node, names]) => (node === "peer9" ? [] : [...names]));
    for (const record of ["record of a removal", "record of a join"]) {
      expect(steps.some((step) => step.startsWith(record))).toBe(true);
    }
    // Everybody is in again, and nothing waits for anybody's next step.
    expect([...ordered.values()]).toEqual([]);
  });

  test("replace who lost its disk, and let a joiner that did join again", async () => {
    const { time, network, ports, losses } = setting(() => "acknowledged");
    const options = { consenterChangeMs: undefined, joiners: ["peer9"], chaosMs: 5_000 };
    const administrators = new Administrators(ports, options);
    const running = administrators.run();
    await time.to(10_000);
    expect(network.calls).toEqual(["join peer9"]);
    losses.set("orderer2", 1).set("peer9", 1);
    await time.to(20_000);
    administrators.stop();
    await time.to(30_000);
    await running;
    expect(network.calls.slice(1).sort()).toEqual([
      "join peer9",
      JSON.stringify({ add: "orderer2" }),
      JSON.stringify({ remove: "orderer2", wipe: "nothing" }),
    ]);
  });
});
