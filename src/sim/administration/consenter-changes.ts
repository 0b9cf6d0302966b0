/** Consenters leave and come back by the commands' own steps: configuration updates, participation API, waiting. */
import { assert } from "../../kernel/assert.ts";
import { errorMessage } from "../../kernel/error.ts";
import { sleep } from "../../kernel/sleep.ts";
import {
  addToChannel,
  forecastRemoval,
  removeFromChannel,
  renewInChannel,
  untilLevel,
  type OrdererAt,
  type OrdererCluster,
} from "../../network/client/index.ts";
import type { AdminOutcome, ConsenterChange, NodeName } from "../contracts.ts";
import { CHANNEL_ID, type Material } from "../material.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { AdministeredWorld } from "./administered-world.ts";
import { simulatedCluster } from "./simulated-cluster.ts";

const IS_GONE = "channel does not exist";
const GIVE_UP_ATTEMPTS_MAX = 6;
const GIVE_UP_PAUSE_MS = 2_000;

type Removal = Extract<ConsenterChange, { readonly remove: NodeName }>;

export class ConsenterChanges {
  /** All orderers are consenters, and none has lost its disk since it became one. */
  isSettled = true;
  readonly #world: AdministeredWorld;
  readonly #cluster: OrdererCluster;
  readonly #nextTlsPems: ReadonlyMap<NodeName, Uint8Array>;

  constructor(world: AdministeredWorld, material: Material) {
    this.#world = world;
    this.#cluster = simulatedCluster(world, material);
    this.#nextTlsPems = new Map(material.nodes.map(({ name, nextTls }) => [name, nextTls.pem]));
  }

  async change(change: ConsenterChange): Promise<AdminOutcome> {
    const wasSettled = this.isSettled;
    this.isSettled = false;
    const outcome = await this.#begin(change);
    if ("remove" in change) this.isSettled = wasSettled && outcome.kind === "refused";
    else this.isSettled = outcome.kind === "acknowledged";
    return outcome;
  }

  #begin(change: ConsenterChange): Promise<AdminOutcome> {
    if ("add" in change) return this.#add(change.add);
    return "renew" in change ? this.#renew(change.renew) : this.#remove(change);
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
    const tlsCertPem = this.#node(name).tls.pem;
    try {
      const joined = { channelId: CHANNEL_ID, tlsCertPem };
      await addToChannel(this.#cluster, this.#site(name), joined, this.#steps(name));
    } catch (error) {
      return { kind: "unknown", reason: errorMessage(error) };
    }
    return { kind: "acknowledged" };
  }

  // As `heddle orderer replace`: the channel learns of the certificate first, then the process begins with it.
  async #renew(name: NodeName): Promise<AdminOutcome> {
    const site = this.#site(name);
    const node = this.#node(name);
    const steps = this.#steps(name);
    try {
      const renewed = { channelId: CHANNEL_ID, tlsCertPem: this.#nextTls(name) };
      await renewInChannel(this.#cluster, site, renewed, steps);
      node.crash({ power: false });
      node.renewTls();
      node.start();
      const isVoter = (raftId: number, voters: readonly number[]): boolean =>
        voters.includes(raftId);
      await untilLevel(this.#cluster, site, CHANNEL_ID, steps, isVoter);
    } catch (error) {
      return { kind: "unknown", reason: errorMessage(error) };
    }
    return { kind: "acknowledged" };
  }

  // As an administrator would: asked again a few times.
  async #giveUpChannel(name: NodeName): Promise<void> {
    for (let attempt = 0; attempt < GIVE_UP_ATTEMPTS_MAX; attempt += 1) {
      try {
        await (await this.#cluster.ordererAdmin(name)).remove(CHANNEL_ID);
        this.#tell(name, "gave the channel up");
        return;
      } catch (error) {
        this.#tell(name, `may have given the channel up: ${errorMessage(error)}`);
        if (errorMessage(error).includes(IS_GONE)) return;
      }
      await sleep(this.#world.clock, GIVE_UP_PAUSE_MS);
    }
  }

  #makeAnew(name: NodeName): void {
    const node = this.#node(name);
    const wasUp = node.isUp;
    node.crash({ power: false });
    node.loseDisk();
    if (wasUp) node.start();
    this.#tell(name, "is made anew");
  }

  #node(name: NodeName): SimulatedNode {
    const node = this.#world.nodes.get(name);
    assert(node !== undefined, "consenters are nodes of the network");
    return node;
  }

  #nextTls(name: NodeName): Uint8Array {
    const pem = this.#nextTlsPems.get(name);
    assert(pem !== undefined, "consenters are nodes of the network");
    return pem;
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
