import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import { handOver, type GroupReportSource } from "../ordering/index.ts";
import { DRAIN_CHECK_MS } from "./limits.ts";
import { RecordFolder } from "./record-folder.ts";

/** A channel that can be led elsewhere. */
export type DrainedChannel = Pick<
  GroupReportSource,
  "channelId" | "raftId" | "replica" | "activeIds"
>;

export interface DrainDeps {
  readonly files: Files;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The channels that this node orders now. */
  readonly channels: () => readonly DrainedChannel[];
}

// The one record in its folder.
const NODE = "node";

/**
 * Takes the work off an orderer that is to be stopped or looked at: it leads nothing for longer than it must and takes no
 * transactions from clients, but goes on to vote, to keep blocks and to deliver them. Outlives a restart.
 */
export class Drain {
  readonly #deps: DrainDeps;
  readonly #records: RecordFolder;
  #isOn: boolean;
  #timer: Timer | undefined;
  #handingOver: Promise<void> | undefined;

  private constructor(deps: DrainDeps, records: RecordFolder, isOn: boolean) {
    this.#deps = deps;
    this.#records = records;
    this.#isOn = isOn;
    if (isOn) this.#watch();
  }

  /** As the record in `dataDirectory` says. Rejects with what the disk rejects with. */
  static async open(deps: DrainDeps, dataDirectory: string): Promise<Drain> {
    const records = await RecordFolder.open(deps.files, dataDirectory, "drained");
    return new Drain(deps, records, await records.has(NODE));
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Why no transactions are taken; undefined when they are. */
  get reason(): string | undefined {
    return this.#isOn
      ? "this orderer is drained and takes no transactions: send them to another"
      : undefined;
  }

  /** Durable when it resolves, and what could be handed over has been. */
  async begin(): Promise<void> {
    await this.#records.save(NODE, EMPTY_BYTES);
    if (!this.#isOn) this.#deps.logger.warn("the node is drained: it takes no transactions");
    this.#isOn = true;
    this.#watch();
    await this.#handOverAll();
  }

  /** Durable when it resolves. */
  async end(): Promise<void> {
    await this.#records.remove(NODE);
    if (this.#isOn) this.#deps.logger.warn("the node takes transactions again");
    this.#isOn = false;
    this.close();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // It may come to lead again.
  #watch(): void {
    this.#timer ??= this.#deps.timers.every(DRAIN_CHECK_MS, () => {
      if (this.#isOn) void this.#handOverAll();
    });
  }

  // One round at a time.
  #handOverAll(): Promise<void> {
    this.#handingOver ??= Promise.all(
      this.#deps.channels().map((channel) => this.#handOver(channel)),
    ).then(() => {
      this.#handingOver = undefined;
    });
    return this.#handingOver;
  }

  async #handOver(channel: DrainedChannel): Promise<void> {
    const outcome = await handOver(channel);
    if (outcome.kind !== "transferred") return;
    const { channelId } = channel;
    this.#deps.logger.info("handed leadership over", { channel: channelId, to: outcome.leaderId });
  }
}
