/** A whole network in simulated time: its machines, its links, its clients, and the hand of fate on all of them. */
import type { Contract } from "../contract/index.ts";
import { assert } from "../kernel/assert.ts";
import type { LogFields, Logger } from "../kernel/ports/logger.ts";
import { silentLogger } from "../kernel/ports/logger.ts";
import type { Random } from "../kernel/ports/random.ts";
import { SeededRandom } from "../kernel/seeded-random.ts";
import { joinPeer } from "./administration/join-peer.ts";
import { ClientCertificates } from "./administration/client-certificates.ts";
import { ConsenterChanges } from "./administration/consenter-changes.ts";
import { SimulatedClients } from "./clients.ts";
import type { ClientPort, FaultTarget, NetworkView, NodeName, SimPorts } from "./contracts.ts";
import { EPOCH_MS, IMAGE_PAST_MS, type Material } from "./material.ts";
import { ordererView, peerView, StoredBlocks } from "./nodes/node-views.ts";
import { queuesBetween, queuesOf } from "./nodes/queues.ts";
import { SimulatedNode } from "./nodes/simulated-node.ts";
import type { MemoryKvDisk } from "./ports/memory-kv-store.ts";
import { failpointState, type SometimesState } from "./sometimes.ts";
import { ProcessTime } from "./ports/process-time.ts";
import { simulatedDialer } from "./ports/simulated-dialer.ts";
import type { Signatures } from "./ports/signatures.ts";
import type { SimulatedFiles } from "./ports/simulated-files.ts";
import { SimulatedNetwork, type NetworkHost } from "./ports/simulated-network.ts";
import { SimulatedTime } from "./ports/simulated-time.ts";
import type { Trace } from "./trace.ts";

export interface WorldDeps {
  readonly seed: number;
  readonly material: Material;
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Of all worlds of this material. */
  readonly signatures: Signatures;
  readonly trace: Trace;
  /** Log lines of the nodes become lines of the trace: for reading, they change its hash. */
  readonly isLogTraced: boolean;
}

/** What is on the disks of all machines. */
export type NetworkImage = ReadonlyMap<
  NodeName,
  { readonly files: SimulatedFiles; readonly state: MemoryKvDisk }
>;

interface Stored {
  readonly node: SimulatedNode;
  readonly blocks: StoredBlocks;
}

const NOT_STARTED: SometimesState = "process did not start with a certificate that had ended";
/** Where clients run. */
const CLIENT_MACHINE = "client";
/** Simulated time is let pass in pieces of so much, between which whoever waits looks. */
const LOOK_MS = 100;
/** Blocks by which the two sides of a cut differ notably. */
const FAR_BLOCKS = 3;

export class SimulatedWorld implements SimPorts {
  readonly time: SimPorts["time"];
  readonly target: FaultTarget;
  readonly clients: ClientPort;
  readonly clock: SimulatedTime = new SimulatedTime();
  readonly network: SimulatedNetwork;
  readonly signatures: Signatures;
  readonly nodes: ReadonlyMap<NodeName, SimulatedNode>;
  readonly clientHost: NetworkHost;
  /** Called whenever a node has stored blocks, with all of it settled. */
  onBlocks: () => void = () => undefined;
  readonly #deps: WorldDeps;
  readonly #random: SeededRandom;
  readonly #stored: readonly Stored[];
  readonly #view: Pick<NetworkView, "orderers" | "peers">;
  readonly #sometimes = new Map<string, number>();
  readonly #down = new Set<NodeName>();
  readonly #consenters: ConsenterChanges;

  constructor(deps: WorldDeps) {
    this.#deps = deps;
    this.signatures = deps.signatures;
    this.#random = new SeededRandom(deps.seed);
    this.clock.wallOffsetMs = EPOCH_MS;
    this.time = {
      nowMs: () => this.clock.monotonicMs(),
      after: (ms, run) => void this.clock.after(ms, run),
    };
    this.network = new SimulatedNetwork(this.clock, this.#random.child("network"));
    this.network.onTurnedAway = () => {
      this.sometimes("server was left for its certificate");
    };
    this.nodes = new Map(deps.material.nodes.map(({ name }) => [name, this.#makeNode(name)]));
    this.#stored = [...this.nodes.values()].map((node) => ({
      node,
      blocks: new StoredBlocks(node),
    }));
    this.#view = this.#makeView();
    this.target = this.#makeTarget();
    this.clientHost = {
      name: CLIENT_MACHINE,
      time: new ProcessTime(this.clock),
      certificate: new Uint8Array(0),
      certificateEndsMs: Infinity,
    };
    this.#consenters = new ConsenterChanges(this, deps.material);
    this.clients = this.#makeClients();
  }

  get contractNames(): readonly string[] {
    return [...this.#deps.contracts.keys()];
  }

  random(purpose: string): Random {
    return this.#random.child(purpose);
  }

  view(): NetworkView {
    const queues = (): NetworkView["queues"] => this.#queues();
    return {
      atMs: this.clock.monotonicMs(),
      ...this.#view,
      get queues() {
        return queues();
      },
    };
  }

  #queues(): NetworkView["queues"] {
    return [...[...this.nodes.values()].flatMap(queuesOf), ...queuesBetween(this.network)];
  }

  /** Nothing happens in it any more, and nothing keeps it in memory. */
  end(): void {
    this.#deps.trace.close();
    this.clientHost.time.kill();
    for (const node of this.nodes.values()) node.crash({ power: false });
    this.network.abandon();
  }

  trace(kind: string, text: string): void {
    this.#deps.trace.add(this.clock.monotonicMs(), kind, text);
  }

  sometimes(state: string): void {
    this.#sometimes.set(state, (this.#sometimes.get(state) ?? 0) + 1);
  }

  /** States that were reached, and how often. */
  get reached(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#sometimes].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  startAll(): void {
    for (const node of this.nodes.values()) this.#start(node);
  }

  /** Lets time pass until `isDone`, at most `atMostMs`. Answers whether it was. */
  async pass(atMostMs: number, isDone: () => boolean = () => false): Promise<boolean> {
    const endMs = this.clock.monotonicMs() + atMostMs;
    while (this.clock.monotonicMs() < endMs) {
      await this.clock.advance(Math.min(LOOK_MS, endMs - this.clock.monotonicMs()));
      await this.#look();
      if (isDone()) return true;
    }
    return false;
  }

  /** What the machines' disks hold, now that all of it is durable. */
  image(): NetworkImage {
    return new Map([...this.nodes].map(([name, { machine }]) => [name, machine]));
  }

  /** Puts an image on the disks, before anything is started. What it was made of is the past. */
  load(image: NetworkImage): void {
    this.clock.wallOffsetMs = EPOCH_MS + IMAGE_PAST_MS;
    for (const [name, node] of this.nodes) {
      const from = image.get(name);
      if (from === undefined) continue;
      node.machine.files.copyFrom(from.files);
      node.machine.state.table = from.state.table;
    }
  }

  /** Has every block of every node read again from where it is stored. */
  async readAgain(): Promise<void> {
    for (const { blocks } of this.#stored) await blocks.readAgain();
  }

  async #look(): Promise<void> {
    const behind = this.#stored.filter(({ blocks }) => blocks.isBehind);
    for (const { blocks } of this.#stored) {
      if (blocks.isOpen) blocks.seenAtMs = this.clock.monotonicMs();
    }
    if (behind.length === 0) return;
    for (const { node, blocks } of behind) {
      const before = blocks.height;
      await blocks.refresh();
      this.trace("blocks", `${node.name} ${before} to ${blocks.height} ${blocks.fingerprint}`);
    }
    this.onBlocks();
  }

  #start(node: SimulatedNode): void {
    if (node.isUp) return;
    this.#down.delete(node.name);
    node.start();
  }

  #makeNode(name: NodeName): SimulatedNode {
    const { material, contracts } = this.#deps;
    const own = material.nodes.find((node) => node.name === name);
    assert(own !== undefined, "nodes are made from the material");
    return new SimulatedNode({
      material: own,
      genesisBlock: own.isJoiner ? undefined : material.genesisBlock,
      bootstrap: material.nodes
        .filter((node) => node.role === "peer" && node.mspId === own.mspId && node !== own)
        .map((node) => node.name),
      network: this.network,
      random: this.#random.child(name),
      signatures: this.signatures,
      contracts,
      logger: this.#deps.isLogTraced ? this.#logger(name, name) : silentLogger,
      onEnd: (node, reason) => {
        this.#down.add(node.name);
        this.trace("ended", `${node.name} ${reason}`);
        if (reason.startsWith("cannot start")) this.sometimes("process could not start");
        if (reason.includes("expired at")) this.sometimes(NOT_STARTED);
      },
    });
  }

  #makeView(): Pick<NetworkView, "orderers" | "peers"> {
    const of = (role: string): readonly Stored[] =>
      this.#stored.filter(({ node }) => node.role === role);
    return {
      orderers: of("orderer").map(({ node, blocks }) => ordererView(node, blocks)),
      peers: of("peer").map(({ node, blocks }) => peerView(node, blocks)),
    };
  }

  #makeTarget(): FaultTarget {
    const { links } = this.network;
    const on = (name: NodeName, what: (node: SimulatedNode) => void): void => {
      const node = this.nodes.get(name);
      if (node !== undefined) what(node);
    };
    const names = (role: string): readonly NodeName[] =>
      [...this.nodes.values()].filter((node) => node.role === role).map(({ name }) => name);
    const befalls = (name: NodeName, state: SometimesState): void => {
      if (this.target.leader() === name) this.sometimes(state);
    };
    return {
      orderers: names("orderer"),
      peers: names("peer"),
      leader: () => this.#view.orderers.find(({ raft }) => raft?.role === "leader")?.name,
      crash: (name, how) => {
        befalls(name, how.power ? "leader lost its power" : "leader died");
        on(name, (node) => {
          if (node.isStarting) this.sometimes("process died while it started");
          node.crash(how);
          this.#down.add(name);
        });
      },
      restart: (name) => {
        on(name, (node) => {
          this.#start(node);
        });
      },
      pause: (name) => {
        befalls(name, "leader was paused");
        on(name, (node) => {
          node.pause();
        });
      },
      resume: (name) => {
        on(name, (node) => {
          node.resume();
        });
      },
      mayLoseDisk: (name) => this.nodes.get(name)?.role === "peer" || this.#consenters.isSettled,
      condemn: (name) => {
        if (this.nodes.get(name)?.role === "orderer") this.#consenters.isSettled = false;
      },
      loseDisk: (name) => {
        this.target.condemn(name);
        on(name, (node) => {
          node.loseDisk();
        });
      },
      cut: (from, to) => {
        links.cut(from, to);
      },
      mend: (from, to) => {
        if (this.#areApart(from, to)) this.sometimes("cut mended between unequal heights");
        links.mend(from, to);
      },
      link: (from, to, quality) => {
        links.set(from, to, quality);
      },
      reset: (a, b) => {
        this.network.reset(a, b);
      },
      disk: (name, state) => {
        if (state.kind !== "well") befalls(name, "leader's disk went bad");
        on(name, (node) => {
          node.disk(state);
        });
      },
      clock: (name, skew) => {
        if (skew.offsetMs !== 0) befalls(name, "leader's clock went wrong");
        on(name, (node) => {
          node.skew(skew);
        });
      },
      failpoint: (name, point, onFire) => {
        const node = this.nodes.get(name);
        const fired = (): void => {
          if (node !== undefined && "step" in point) {
            this.sometimes(failpointState(node.role, point.step));
          }
          onFire?.();
        };
        return node?.failAt(point, fired) ?? (() => undefined);
      },
      heal: () => {
        this.#heal();
      },
    };
  }

  #areApart(a: NodeName, b: NodeName): boolean {
    const heights = [...this.#view.orderers, ...this.#view.peers]
      .filter(({ name, height }) => (name === a || name === b) && height > 0)
      .map(({ height }) => height);
    return heights.length === 2 && Math.max(...heights) - Math.min(...heights) >= FAR_BLOCKS;
  }

  #heal(): void {
    this.network.links.heal();
    for (const node of this.nodes.values()) {
      node.disk({ kind: "well" });
      node.skew({ offsetMs: 0, driftPerMille: 0 });
      node.machine.plan.calm();
      node.resume();
      this.#start(node);
    }
  }

  #makeClients(): ClientPort {
    const { material } = this.#deps;
    const dialer = simulatedDialer(this.network, this.clientHost);
    const certificates = new ClientCertificates({
      material,
      signatures: this.signatures,
      clock: this.clock,
      random: (purpose) => this.random(purpose),
      trace: (kind, text) => {
        this.trace(kind, text);
      },
    });
    const clients = new SimulatedClients({
      dialer,
      clock: this.clientHost.time,
      random: this.#random.child("clients"),
      signerAt: (peer) => certificates.of(this.nodes.get(peer)?.mspId ?? ""),
    });
    return {
      transact: (...call) => clients.transact(...call),
      resend: (...call) => clients.resend(...call),
      sneak: (...call) => clients.sneak(...call),
      changeConsenters: (change) => this.#consenters.change(change),
      joinPeer: (name) => joinPeer(this, material, name),
    };
  }

  #logger(name: NodeName, component: string): Logger {
    const write =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        this.trace("log", `${name} ${level} ${component}: ${message} ${JSON.stringify(fields)}`);
      };
    return {
      ...silentLogger,
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      child: (child) => this.#logger(name, child),
    };
  }
}
