/** Consenters leave and come back by the commands' own steps: configuration updates, participation API, waiting. */
import { assert } from "../../kernel/assert.ts";
import { errorMessage } from "../../kernel/error.ts";
import {
  addToChannel,
  forecastRemoval,
  removeFromChannel,
  type OrdererAt,
  type OrdererCluster,
} from "../../network/client/index.ts";
import type { AdminOutcome, ConsenterChange, NodeName } from "../contracts.ts";
import { CHANNEL_ID, type Material } from "../material.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { AdministeredWorld } from "./administered-world.ts";
import { simulatedCluster } from "./simulated-cluster.ts";

type Removal = Extract<ConsenterChange, { readonly remove: NodeName }>;

export class ConsenterChanges {
  readonly #world: AdministeredWorld;
  readonly #cluster: OrdererCluster;
  readonly #tlsCertPems: ReadonlyMap<NodeName, Uint8Array>;

  constructor(world: AdministeredWorld, material: Material) {
    this.#world = world;
    this.#cluster = simulatedCluster(world, material);
    this.#tlsCertPems = new Map(material.nodes.map(({ name, tls }) => [name, tls.pem]));
  }

  change(change: ConsenterChange): Promise<AdminOutcome> {
    return "add" in change ? this.#add(change.add) : this.#remove(change);
  }

  // As `heddle orderer remove`. Only what was foreseen before anything was asked for is refused.
  async #remove({ remove: name, wipe }: Removal): Promise<AdminOutcome> {
    const site = this.#site(name);
    try {
      const forecast = await forecastRemoval(this.#cluster, site, CHANNEL_ID);
      if (forecast !== undefined) return { kind: "refused", reason: forecast };
      await removeFromChannel(this.#cluster, site, CHANNEL_ID, this.#steps(name));
    } catch (error) {
      return { kind: "unknown", reason: errorMessage(error) };
    }
    await this.#wipe(name, wipe);
    return { kind: "acknowledged" };
  }

  async #wipe(name: NodeName, wipe: Removal["wipe"]): Promise<void> {
    switch (wipe) {
      case "nothing":
        return;
      case "the channel":
        await this.#giveUpChannel(name);
        return;
      case "its disk":
        this.#makeAnew(name);
    }
  }

  // As `heddle orderer add`, of an orderer that has the channel or not.
  async #add(name: NodeName): Promise<AdminOutcome> {
    const tlsCertPem = this.#tlsCertPems.get(name);
    assert(tlsCertPem !== undefined, "consenters are nodes of the network");
    try {
      const joined = { channelId: CHANNEL_ID, tlsCertPem };
      await addToChannel(this.#cluster, this.#site(name), joined, this.#steps(name));
    } catch (error) {
      return { kind: "unknown", reason: errorMessage(error) };
    }
    return { kind: "acknowledged" };
  }

  async #giveUpChannel(name: NodeName): Promise<void> {
    try {
      await (await this.#cluster.ordererAdmin(name)).remove(CHANNEL_ID);
      this.#tell(name, "gave the channel up");
    } catch (error) {
      this.#tell(name, `may have given the channel up: ${errorMessage(error)}`);
    }
  }

  #makeAnew(name: NodeName): void {
    const node: SimulatedNode | undefined = this.#world.nodes.get(name);
    assert(node !== undefined, "consenters are nodes of the network");
    const wasUp = node.isUp;
    node.crash({ power: false });
    node.loseDisk();
    if (wasUp) node.start();
    this.#tell(name, "is made anew");
  }

  #site(name: NodeName): OrdererAt {
    const site = this.#cluster.orderers.find((orderer) => orderer.name === name);
    assert(site !== undefined, "consenters are orderers of the network");
    return site;
  }

  #steps(name: NodeName): { step(text: string): void; level(): void } {
    return {
      step: (text) => {
        this.#tell(name, text);
      },
      level: () => undefined,
    };
  }

  #tell(name: NodeName, text: string): void {
    this.#world.trace("admin", `${name}: ${text}`);
  }
}
