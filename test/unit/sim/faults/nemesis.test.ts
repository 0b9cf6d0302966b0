import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import type { Failpoint, FaultTarget, LinkQuality } from "../../../../src/sim/contracts.ts";
import { drawSchedule } from "../../../../src/sim/faults/draw-schedule.ts";
import { Nemesis } from "../../../../src/sim/faults/nemesis.ts";
import { FAULT_CLASSES, drawProfile } from "../../../../src/sim/faults/profile.ts";
import type { Fault, Schedule } from "../../../../src/sim/faults/schedule.ts";
import { SOMETIMES_STATES } from "../../../../src/sim/sometimes.ts";

const NODES = { orderers: ["orderer1", "orderer2", "orderer3"], peers: ["peer1", "peer2"] };
const QUALITY: LinkQuality = { delayMs: 1, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 };

/** What was done to a network, and what of it still holds. */
class RecordingTarget implements FaultTarget {
  readonly orderers: readonly string[] = NODES.orderers;
  readonly peers: readonly string[] = NODES.peers;
  readonly done: string[] = [];
  readonly held: Set<string> = new Set();
  leaderName: string | undefined = "orderer2";

  leader(): string | undefined {
    return this.leaderName;
  }
  crash(node: string, { power }: { readonly power: boolean }): void {
    this.#hold(`${node} is down`, `crash ${node}${power ? " with power loss" : ""}`);
  }
  restart(node: string): void {
    this.#let(`${node} is down`, `restart ${node}`);
  }
  pause(node: string): void {
    this.#hold(`${node} is paused`, `pause ${node}`);
  }
  resume(node: string): void {
    this.#let(`${node} is paused`, `resume ${node}`);
  }
  isSparable = true;
  mayLoseDisk(): boolean {
    return this.isSparable;
  }
  condemn(node: string): void {
    this.done.push(`condemn ${node}`);
    if (this.orderers.includes(node)) this.isSparable = false;
  }
  loseDisk(node: string): void {
    this.done.push(`lose the disk of ${node}`);
  }
  cut(from: string, to: string): void {
    this.#hold(`${from}>${to}`, `cut ${from}>${to}`);
  }
  mend(from: string, to: string): void {
    this.#let(`${from}>${to}`, `mend ${from}>${to}`);
  }
  link(from: string, to: string, { delayMs }: LinkQuality): void {
    this.done.push(`${from}>${to} takes ${delayMs}`);
  }
  reset(a: string, b: string): void {
    this.done.push(`reset ${a} ${b}`);
  }
  disk(node: string, { kind }: { readonly kind: string }): void {
    this.done.push(`disk of ${node} ${kind}`);
  }
  clock(node: string, { offsetMs }: { readonly offsetMs: number }): void {
    this.done.push(`clock of ${node} ${offsetMs}`);
  }
  fire: () => void = () => undefined;

  failpoint(node: string, point: Failpoint, onFire = (): void => undefined): () => void {
    if ("step" in point) {
      this.done.push(`failpoint of ${node} ${point.when} ${point.step}`);
      this.fire = () => {
        this.#hold(`${node} is down`, `${node} fails`);
        onFire();
      };
    } else this.#hold(`${node} is down`, `failpoint of ${node}`);
    return () => {
      this.done.push(`no failpoint of ${node}`);
    };
  }
  heal(): void {
    this.done.push("heal");
    this.held.clear();
  }
  #hold(state: string, done: string): void {
    this.done.push(done);
    this.held.add(state);
  }
  #let(state: string, done: string): void {
    this.done.push(done);
    this.held.delete(state);
  }
}

/** Time that a test moves. */
class Hand {
  atMs = 0;
  readonly #due: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.atMs;
  }
  after(ms: number, run: () => void): void {
    this.#due.push({ atMs: this.atMs + ms, run });
  }
  to(atMs: number): void {
    for (;;) {
      this.#due.sort((a, b) => a.atMs - b.atMs);
      const next = this.#due[0];
      if (next === undefined || next.atMs > atMs) break;
      this.#due.shift();
      this.atMs = next.atMs;
      next.run();
    }
    this.atMs = atMs;
  }
}

function playing(...faults: readonly [atMs: number, forMs: number, fault: Fault][]): {
  target: RecordingTarget;
  time: Hand;
  nemesis: Nemesis;
} {
  const target = new RecordingTarget();
  const time = new Hand();
  const ports = { target, time, trace: () => undefined, sometimes: () => undefined };
  const nemesis = new Nemesis(ports, QUALITY);
  const schedule = faults.map(([atMs, forMs, fault]) => ({ atMs, forMs, fault }));
  nemesis.play({ durationMs: 10_000, faults: schedule });
  return { target, time, nemesis };
}

describe("the nemesis", () => {
  test("starts a node again after its disk was mended, though a failpoint was set that it never reached", () => {
    const { target, time } = playing(
      [10, 90, { kind: "disk", node: "peer1", state: { kind: "full" } }],
      [20, 180, { kind: "failpoint", node: "peer1", durableStep: 1 }],
    );
    time.to(100);
    expect(target.done.slice(-2)).toEqual(["disk of peer1 well", "crash peer1"]);
    time.to(200);
    expect(target.done.at(-1)).toBe("restart peer1");
  });

  test("ends what it began, when it is time", () => {
    const { target, time } = playing([10, 90, { kind: "pause", node: "peer1" }]);
    time.to(9);
    expect(target.done).toEqual([]);
    time.to(99);
    expect(target.done).toEqual(["pause peer1"]);
    time.to(100);
    expect(target.done).toEqual(["pause peer1", "resume peer1"]);
  });

  test("keeps what two faults hold until the second ends", () => {
    const { target, time } = playing(
      [10, 50, { kind: "cut", from: ["peer1"], to: ["peer1", "peer2"] }],
      [20, 90, { kind: "cut", from: ["peer1"], to: ["peer2"] }],
      [20, 10, { kind: "crash", nodes: ["orderer1"], power: true }],
      [25, 100, { kind: "crash", nodes: ["orderer1"], power: false }],
    );
    time.to(70);
    expect([...target.held]).toEqual(["peer1>peer2", "orderer1 is down"]);
    time.to(125);
    expect([...target.held]).toEqual([]);
  });

  test("starts again who crashed at a named step, and orders no crash beyond its time", () => {
    const point = { step: "log segment flushed", when: "after" } as const;
    const { target, time } = playing([
      10,
      5_000,
      { kind: "step", node: "orderer1", ...point, restarts: true },
    ]);
    time.to(100);
    expect(target.done.splice(0)).toEqual([
      "failpoint of orderer1 after log segment flushed",
      "crash orderer1 with power loss",
      "restart orderer1",
    ]);
    target.fire();
    time.to(4_000);
    expect(target.done.splice(0)).toEqual(["orderer1 fails", "restart orderer1"]);
    time.to(6_000);
    expect(target.done).toEqual(["no failpoint of orderer1"]);
  });

  test("gives a link back what an older fault wants of it", () => {
    const link = (delayMs: number): Fault => ({
      kind: "link",
      from: ["peer1"],
      to: ["peer2"],
      quality: { ...QUALITY, delayMs },
    });
    const { target, time } = playing([0, 100, link(50)], [10, 20, link(70)]);
    time.to(200);
    expect(target.done).toEqual([
      "peer1>peer2 takes 50",
      "peer1>peer2 takes 70",
      "peer1>peer2 takes 50",
      "peer1>peer2 takes 1",
    ]);
  });

  test("goes for whoever leads at that moment, and for nobody without a leader", () => {
    const crash: Fault = { kind: "crash", nodes: ["leader"], power: false };
    const { target, time } = playing([10, 5, crash], [20, 5, crash]);
    time.to(12);
    target.leaderName = undefined;
    time.to(100);
    expect(target.done).toEqual(["crash orderer2", "restart orderer2"]);
  });

  test("leaves the leader one follower, then stops it", () => {
    const strand: Fault = { kind: "strand", follower: "orderer3", reachMs: 30 };
    const { target, time } = playing([0, 100, strand]);
    time.to(30);
    expect(target.done).toEqual(["cut orderer2>orderer1", "crash orderer2 with power loss"]);
    time.to(100);
    expect([...target.held]).toEqual([]);
  });

  test("mends a disk that failed and starts its node again", () => {
    const full: Fault = { kind: "disk", node: "peer1", state: { kind: "full" } };
    const rot: Fault = { kind: "disk", node: "peer2", state: { kind: "rot", flips: 1 } };
    const { target, time } = playing([0, 10, full], [20, 10, rot]);
    time.to(100);
    expect(target.done).toEqual([
      "disk of peer1 full",
      "disk of peer1 well",
      "crash peer1",
      "restart peer1",
      "condemn peer2",
      "disk of peer2 rot",
      "crash peer2 with power loss",
      "lose the disk of peer2",
      "disk of peer2 well",
      "restart peer2",
    ]);
  });

  test("lets the disk of an orderer rot when the others are sound, and starts it on that", () => {
    const rot = (node: string): Fault => ({
      kind: "disk",
      node,
      state: { kind: "rot", flips: 1 },
      restarts: true,
    });
    const { target, time } = playing([0, 50, rot("orderer1")], [20, 10, rot("orderer3")]);
    time.to(100);
    expect(target.done).toEqual([
      "condemn orderer1",
      "disk of orderer1 rot",
      "crash orderer1 with power loss",
      "restart orderer1",
      "crash orderer1 with power loss",
      "lose the disk of orderer1",
      "disk of orderer1 well",
      "restart orderer1",
    ]);
  });

  test("ends everything at once, and begins nothing more", () => {
    const { target, time, nemesis } = playing(
      [0, 5_000, { kind: "pause", node: "peer1" }],
      [0, 5_000, { kind: "strand", follower: "orderer1", reachMs: 200 }],
      [500, 5_000, { kind: "pause", node: "peer2" }],
    );
    time.to(100);
    nemesis.end();
    expect([...target.held]).toEqual([]);
    const { length } = target.done;
    time.to(9_000);
    expect(target.done).toHaveLength(length);
  });
});

describe("a drawn run", () => {
  test("is the same for a seed", () => {
    const draw = (): Schedule => {
      const random = new SeededRandom(5);
      return drawSchedule(drawProfile(random.child("profile")), NODES, random.child("faults"));
    };
    expect(draw()).toEqual(draw());
    expect(JSON.parse(JSON.stringify(draw()))).toEqual(draw());
  });

  test("has every class of fault in some seeds and none in some", () => {
    const seen = new Set<string>();
    let isCalmSeen = false;
    for (let seed = 1; seed <= 200; seed += 1) {
      const { classes } = drawProfile(new SeededRandom(seed));
      for (const each of classes) seen.add(each);
      isCalmSeen ||= classes.length === 0;
    }
    expect([...seen].sort()).toEqual([...FAULT_CLASSES].sort());
    expect(isCalmSeen).toBe(true);
  });

  test("spares one peer's disk", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = new SeededRandom(seed);
      const drawn = drawProfile(random);
      const profile = { ...drawn, classes: ["lose-disk", "rot"] as const, faultIntervalMs: 100 };
      const { faults } = drawSchedule(profile, NODES, random);
      const spoiled = faults.map(({ fault }) => ("node" in fault ? fault.node : ""));
      expect(spoiled.filter((node) => NODES.peers.includes(node)).length).toBe(1);
    }
  });

  test("takes no disk that the others cannot spare", () => {
    const { target, time } = playing([10, 100, { kind: "lose-disk", node: "orderer1" }]);
    target.isSparable = false;
    time.to(200);
    expect(target.done).toEqual([]);
  });

  test("can be played, whatever is drawn, and leaves nothing behind", () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = new SeededRandom(seed);
      const profile = { ...drawProfile(random), classes: FAULT_CLASSES };
      const schedule = drawSchedule(profile, NODES, random);
      const target = new RecordingTarget();
      const time = new Hand();
      const sometimes = (state: string): void => void reached.add(state);
      const nemesis = new Nemesis({ target, time, trace: () => undefined, sometimes }, QUALITY);
      nemesis.play(schedule);
      time.to(schedule.durationMs + 20_000);
      expect([...target.held]).toEqual([]);
    }
    expect(SOMETIMES_STATES.filter((state) => state.startsWith("fault:")).sort()).toEqual(
      [...reached].filter((state) => state.startsWith("fault:")).sort(),
    );
  });
});
