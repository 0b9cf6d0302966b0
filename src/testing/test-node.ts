import type { ChaincodeRuntime } from "../chaincode/index.ts";
import { BLOCKED, NO_FAULTS, type FaultSettings, type PowerLoss } from "../faults/index.ts";
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
  #dying: Promise<void> = Promise.resolve();
  #others: readonly string[] = [];

  constructor(plan: TestNodePlan) {
    this.name = plan.name;
    this.role = plan.role;
    this.#plan = plan;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  async start(): Promise<void> {
    await this.untilDead();
    if (this.#running !== undefined) {
      throw new TestNetworkError("not running", `${this.name} runs already; kill it first`);
    }
    const { role, layout, runtimes } = this.#plan;
    const onDeath = (): void => {
      this.#die();
    };
    const options = { logFile: layout.log, runtimes, onDeath };
    this.#running = await startInProcess(role, layout.config, options);
    this.#running.faults?.apply(this.#settings);
  }

  async stop(): Promise<void> {
    await this.untilDead();
    const running = this.#running;
    this.#running = undefined;
    await running?.close();
  }

  /** Ends it without a farewell: nothing that it says while it closes leaves it. */
  async kill(others: readonly string[]): Promise<void> {
    const running = this.#required();
    silence(running, this.#settings, others);
    await this.stop();
  }

  /** As `kill`, and what it had not flushed is left or lost by chance. */
  async losePower(powerLoss: PowerLoss, others: readonly string[]): Promise<void> {
    this.#others = others;
    await this.#required().disk?.crash(powerLoss);
    await this.#dying;
  }

  /** The node dies at a step; `others` hear nothing from it then. */
  expectDeath(others: readonly string[]): void {
    this.#required();
    this.#others = others;
  }

  /** Resolves when a node that dies by a fault has ended; at once for any other. */
  async untilDead(): Promise<void> {
    const disk = this.#running?.disk;
    if (disk?.isCut === true) await disk.crash();
    await this.#dying;
  }

  // It dies once: what it waited for is not waited for in its next life.
  #die(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#settings = { ...this.#settings, failpoints: [] };
    this.#running = undefined;
    silence(running, this.#settings, this.#others);
    this.#dying = running.close();
  }

  #required(): NodeInProcess {
    if (this.#running !== undefined) return this.#running;
    throw new TestNetworkError("not running", `${this.name} does not run`);
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

function silence(
  { faults }: NodeInProcess,
  settings: FaultSettings,
  others: readonly string[],
): void {
  const links = others.map((peer) => ({ peer, out: BLOCKED, in: BLOCKED }));
  faults?.apply({ ...settings, links });
}
