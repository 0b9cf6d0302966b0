/** Orderers as processes of their own that can be killed and started again. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { DevelopmentNetwork } from "../../src/network/development-network.ts";
import { startNode } from "../../src/network/processes.ts";
import type { OrdererSite } from "../../src/network/topology.ts";
import type { AuditedChain } from "./audit.ts";
import { readStoredChain } from "./stored-chain.ts";

/** One orderer of the group, up or down. */
export class KillableOrderer {
  readonly site: OrdererSite;
  readonly #network: DevelopmentNetwork;
  #process: ChildProcess | undefined;
  #isKilled = false;
  /** How it ended although nobody killed it. */
  failure: string | undefined;

  constructor(network: DevelopmentNetwork, site: OrdererSite) {
    this.#network = network;
    this.site = site;
  }

  /** Starts the process; answers how long it took to serve, in ms. */
  async start(): Promise<number> {
    const startMs = performance.now();
    const layout = this.#network.layout.node(this.site.name);
    const child = await startNode({ name: this.site.name, role: "orderer", layout });
    this.#process = child;
    this.#isKilled = false;
    child.once("exit", (code, signal) => {
      if (!this.#isKilled) this.failure = `${this.site.name} ended by itself: ${code ?? signal}`;
    });
    return performance.now() - startMs;
  }

  /** As `kill -9`; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#isKilled = true;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Blocks that it says it has; undefined while it does not answer. */
  async height(): Promise<number | undefined> {
    const url = `http://127.0.0.1:${this.site.operationsPort}/metrics`;
    const response = await fetch(url).catch(() => undefined);
    const text = (await response?.text().catch(() => "")) ?? "";
    const line = text.split("\n").find((each) => each.startsWith("ledger_blockchain_height{"));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  /** What its files hold. It is down. */
  async storedChain(): Promise<AuditedChain> {
    const { data } = this.#network.layout.node(this.site.name);
    const blocks = join(data, "channels", this.#network.topology.channelId, "blocks");
    return { orderer: this.site.name, blocks: await readStoredChain(blocks) };
  }
}
