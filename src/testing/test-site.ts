/** A network in a test's process as a place for chaos. */
import type {
  DirectionFaults,
  DiskFaults,
  Failpoint,
  OneWayCut,
  PowerLoss,
} from "../faults/index.ts";
import type { ChaosSite, FabricClient, NetworkNames, PeerClient, Undo } from "../network/index.ts";
import { TestNetworkError } from "./errors.ts";
import type { TestFaults, TakeBack } from "./test-faults.ts";

/** What a site asks of its network; a `TestNetwork` is one. */
export interface SiteNetwork {
  readonly channelId: string;
  readonly nodes: readonly string[];
  readonly orderers: readonly string[];
  readonly peers: readonly string[];
  heights(): Promise<ReadonlyMap<string, number>>;
  leader(): Promise<string | undefined>;
  kill(name: string): Promise<void>;
  losePower(name: string, powerLoss: PowerLoss): Promise<void>;
  crashAt(name: string, step: string, options: Omit<Failpoint, "step">): Promise<void>;
  restart(name: string): Promise<void>;
  untilReady(): Promise<void>;
}

export class TestSite implements ChaosSite {
  readonly abilities = { hasProcesses: false, hasFaultLayer: true, canGrow: false };
  readonly added: readonly never[] = [];
  readonly #network: SiteNetwork;
  readonly #faults: TestFaults;
  readonly #clientOf: (peer: string) => FabricClient;

  constructor(network: SiteNetwork, faults: TestFaults, clientOf: (peer: string) => FabricClient) {
    this.#network = network;
    this.#faults = faults;
    this.#clientOf = clientOf;
  }

  get channelId(): string {
    return this.#network.channelId;
  }

  get names(): NetworkNames {
    return { orderers: this.#network.orderers, peers: this.#network.peers };
  }

  down(): Promise<readonly string[]> {
    const down = this.#network.nodes.filter((name) => !this.#faults.node(name).isRunning);
    return Promise.resolve(down);
  }

  leader(): Promise<string | undefined> {
    return this.#network.leader();
  }

  async heights(): Promise<readonly (number | undefined)[]> {
    const heights = await this.#network.heights();
    return this.#network.nodes.map((name) => heights.get(name));
  }

  cut(cuts: readonly OneWayCut[]): Promise<Undo> {
    return later(this.#faults.cut(cuts));
  }

  degrade(name: string, faults: Partial<DirectionFaults>): Promise<Undo> {
    const others = this.#network.nodes.filter((other) => other !== name);
    const undos = others.flatMap((other) => [
      this.#faults.degrade(name, other, faults),
      this.#faults.degrade(other, name, faults),
    ]);
    return later(() => {
      for (const undo of undos.reverse()) undo();
    });
  }

  reset(a: string, b: string): Promise<void> {
    this.#faults.reset(a, b);
    return Promise.resolve();
  }

  disk(name: string, faults: Partial<DiskFaults>): Promise<Undo> {
    return later(this.#faults.disk(name, faults));
  }

  clock(name: string, offsetMs: number): Promise<Undo> {
    return later(this.#faults.clock(name, offsetMs));
  }

  pause(name: string): Promise<Undo> {
    const reason = `${name} has no process of its own that could be paused`;
    return Promise.reject(new TestNetworkError("unknown name", reason));
  }

  async kill(name: string): Promise<Undo> {
    await this.#network.kill(name);
    return () => this.#network.restart(name);
  }

  async losePower(name: string, powerLoss: PowerLoss): Promise<Undo> {
    await this.#network.losePower(name, powerLoss);
    return () => this.#network.restart(name);
  }

  async crashAt(name: string, { step, ...options }: Failpoint): Promise<Undo> {
    await this.#network.crashAt(name, step, options);
    return async () => {
      const node = this.#faults.node(name);
      node.applyFaults({ ...node.faults, failpoints: [] });
      await node.untilDead();
      if (!node.isRunning) await this.#network.restart(name);
    };
  }

  addNode(): Promise<void> {
    return Promise.reject(fixedNodes());
  }

  removeNode(): Promise<void> {
    return Promise.reject(fixedNodes());
  }

  async makeWhole(): Promise<void> {
    this.#faults.heal();
    for (const name of await this.down()) await this.#network.restart(name);
    await this.#network.untilReady();
  }

  clients(): Promise<readonly PeerClient[]> {
    const { peers } = this.#network;
    return Promise.resolve(peers.map((peer) => ({ peer, client: this.#clientOf(peer) })));
  }

  // Connections last as long as the network.
  disconnect(): void {
    return undefined;
  }
}

function fixedNodes(): TestNetworkError {
  return new TestNetworkError("unknown name", "the nodes of a network in a test are fixed");
}

function later(undo: TakeBack): Promise<Undo> {
  return Promise.resolve(() => {
    undo();
    return Promise.resolve();
  });
}
