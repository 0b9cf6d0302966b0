import type { ChaincodeRuntime } from "../chaincode/index.ts";
import { BLOCKED, NO_FAULTS, type FaultSettings } from "../faults/index.ts";
import { figuresIn, type NodeFigures, type NodeLayout } from "../network/index.ts";
import { startInProcess, type NodeInProcess } from "../node/index.ts";
import { TestNetworkError } from "./errors.ts";

export interface TestNodePlan {
  readonly name: string;
  readonly role: "orderer" | "peer";
  readonly layout: NodeLayout;
  readonly runtimes: readonly ChaincodeRuntime[];
}

/** One node of a network in a test's process, through its lives. Its faults outlast them. */
export class TestNode {
  readonly name: string;
  readonly role: "orderer" | "peer";
  readonly #plan: TestNodePlan;
  #settings: FaultSettings = NO_FAULTS;
  #running: NodeInProcess | undefined;

  constructor(plan: TestNodePlan) {
    this.name = plan.name;
    this.role = plan.role;
    this.#plan = plan;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) {
      throw new TestNetworkError("not running", `${this.name} runs already; kill it first`);
    }
    const { role, layout, runtimes } = this.#plan;
    this.#running = await startInProcess(role, layout.config, { logFile: layout.log, runtimes });
    this.#running.faults?.apply(this.#settings);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.close();
  }

  /** Ends it without a farewell: nothing that it says while it closes leaves it. */
  async kill(others: readonly string[]): Promise<void> {
    if (this.#running === undefined) {
      throw new TestNetworkError("not running", `${this.name} does not run`);
    }
    const links = others.map((peer) => ({ peer, out: BLOCKED, in: BLOCKED }));
    this.#running.faults?.apply({ ...this.#settings, links });
    await this.stop();
  }

  get faults(): FaultSettings {
    return this.#settings;
  }

  applyFaults(settings: FaultSettings): void {
    this.#settings = settings;
    this.#running?.faults?.apply(settings);
  }

  resetLink(peer: string): void {
    this.#running?.faults?.reset(peer);
  }

  /** Undefined while it does not run. */
  async figures(channelId: string): Promise<NodeFigures | undefined> {
    const text = await this.#running?.metrics();
    return text === undefined ? undefined : figuresIn(text, channelId);
  }
}
