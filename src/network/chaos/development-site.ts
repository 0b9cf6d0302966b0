/** A development network, whose nodes are processes, as a place for chaos. */
import type {
  DirectionFaults,
  DiskFaults,
  Failpoint,
  OneWayCut,
  PowerLoss,
} from "../../faults/index.ts";
import { DevelopmentNetwork } from "../development-network.ts";
import { readNodeFigures } from "../node-figures.ts";
import { ChaosControl, type Undo } from "./chaos-control.ts";
import type { SiteAbilities } from "./abilities.ts";
import { addToNetwork, removeFromNetwork } from "./change-members.ts";
import type { AddedNode, ChaosSite, OnStep, PeerClient } from "./site.ts";
import type { NetworkNames, Role } from "./steps.ts";

export class DevelopmentSite implements ChaosSite {
  #network: DevelopmentNetwork;
  #control: ChaosControl;
  readonly #added: AddedNode[] = [];
  /** As the network was before nodes were added and removed: clients are still connected to it. */
  readonly #earlier: DevelopmentNetwork[] = [];

  constructor(network: DevelopmentNetwork) {
    this.#network = network;
    this.#control = new ChaosControl(network);
  }

  get abilities(): SiteAbilities {
    const isOnLoopback = this.#network.namespaces === undefined;
    return { hasProcesses: true, hasFaultLayer: isOnLoopback, canGrow: isOnLoopback };
  }

  get channelId(): string {
    return this.#network.topology.channelId;
  }

  get names(): NetworkNames {
    const { topology, peers } = this.#network;
    return {
      orderers: topology.orderers.map(({ name }) => name),
      peers: peers.map(({ name }) => name),
    };
  }

  async down(): Promise<readonly string[]> {
    const nodes = await this.#network.status();
    return nodes.filter(({ pid }) => pid === undefined).map(({ name }) => name);
  }

  async leader(): Promise<string | undefined> {
    const nodes = (await this.#network.status()).filter(({ role }) => role === "orderer");
    const figures = await Promise.all(nodes.map((node) => readNodeFigures(node, this.channelId)));
    return nodes.find((_, index) => figures[index]?.isLeader === true)?.name;
  }

  async heights(): Promise<readonly (number | undefined)[]> {
    const nodes = await this.#network.status();
    const figures = await Promise.all(nodes.map((node) => readNodeFigures(node, this.channelId)));
    return figures.map((node) => node?.height);
  }

  cut(cuts: readonly OneWayCut[]): Promise<Undo> {
    return this.#control.cut(cuts);
  }

  degrade(name: string, faults: Partial<DirectionFaults>): Promise<Undo> {
    return this.#control.degrade(name, faults);
  }

  reset(a: string, b: string): Promise<void> {
    return this.#control.reset(a, b);
  }

  disk(name: string, faults: Partial<DiskFaults>): Promise<Undo> {
    return this.#control.disk(name, faults);
  }

  clock(name: string, offsetMs: number): Promise<Undo> {
    return this.#control.clock(name, { offsetMs });
  }

  pause(name: string): Promise<Undo> {
    return this.#control.pause(name);
  }

  kill(name: string): Promise<Undo> {
    return this.#control.kill(name);
  }

  losePower(name: string, powerLoss: PowerLoss): Promise<Undo> {
    return this.#control.losePower(name, powerLoss);
  }

  crashAt(name: string, failpoint: Failpoint): Promise<Undo> {
    return this.#control.crashAt(name, failpoint);
  }

  get added(): readonly AddedNode[] {
    return this.#added;
  }

  async addNode(role: Role, onStep: OnStep): Promise<void> {
    const note = (name: string): void => {
      this.#added.push({ name, role });
    };
    try {
      await addToNetwork(this.#network, role, note, onStep);
    } finally {
      await this.#reopen();
    }
  }

  async removeNode(node: AddedNode, onStep: OnStep): Promise<void> {
    await removeFromNetwork(this.#network, node, onStep);
    this.#added.splice(this.#added.indexOf(node), 1);
    await this.#reopen();
  }

  async makeWhole(): Promise<void> {
    for (const name of await this.#control.heal()) await this.#control.restart(name);
    await this.#network.untilReady();
  }

  clients(): Promise<readonly PeerClient[]> {
    return Promise.all(
      this.#network.topology.organizations.flatMap((organization) =>
        organization.peers.map(async (site) => ({
          peer: site.name,
          client: await this.#network.client(organization, "User1", site),
        })),
      ),
    );
  }

  disconnect(): void {
    for (const network of [this.#network, ...this.#earlier.splice(0)]) network.close();
  }

  async #reopen(): Promise<void> {
    this.#earlier.push(this.#network);
    this.#network = await DevelopmentNetwork.open(this.#network.layout.directory);
    this.#control = new ChaosControl(this.#network);
  }
}
