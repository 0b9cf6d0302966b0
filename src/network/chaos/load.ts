import { setTimeout as delay } from "node:timers/promises";
import { utf8 } from "../../kernel/bytes.ts";
import type { FabricClient } from "../client/fabric-client.ts";
import type { Attempt } from "./history.ts";

export interface LoadOptions {
  readonly channelId: string;
  /** The sample contract's name. */
  readonly chaincode: string;
  /** Distinguishes the keys of this run. */
  readonly prefix: string;
  /** Transactions under way at once, for each client. */
  readonly workersPerClient: number;
}

/** After a refusal: an orderer without a leader refuses within milliseconds. */
const PAUSE_MS = 50;
/** More attempts are not recorded, nor made. */
const ATTEMPTS_MAX = 500_000;

/** Creates assets through several peers until it is stopped, and remembers what each client was told. */
export class ChaosLoad {
  readonly attempts: Attempt[] = [];
  readonly #options: LoadOptions;
  readonly #workers: readonly Promise<void>[];
  readonly #nowMs: () => number;
  #isStopping = false;
  #count = 0;

  /** `nowMs`: time from the start of the run. */
  constructor(clients: readonly FabricClient[], options: LoadOptions, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
    this.#workers = clients.flatMap((client) =>
      Array.from({ length: options.workersPerClient }, () => this.#work(client)),
    );
  }

  get acknowledgedCount(): number {
    return this.attempts.filter(({ transactionId }) => transactionId !== undefined).length;
  }

  /** Begins nothing more, and waits for what is under way, `graceMs` at most; what is not answered then was promised nothing. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const abort = new AbortController();
    await Promise.race([
      Promise.all(this.#workers),
      delay(graceMs, undefined, { signal: abort.signal }).catch(() => undefined),
    ]);
    abort.abort();
  }

  async #work(client: FabricClient): Promise<void> {
    const { channelId, chaincode, prefix } = this.#options;
    while (!this.#isStopping && this.#count < ATTEMPTS_MAX) {
      this.#count += 1;
      const args = ["CreateAsset", `${prefix}-${this.#count}`, "blue", "1", "chaos", "1"];
      const startMs = this.#nowMs();
      try {
        const { transactionId } = await client.invoke({
          channelId,
          chaincode,
          args: args.map((text) => utf8(text)),
        });
        this.attempts.push({ startMs, endMs: this.#nowMs(), transactionId });
      } catch {
        // Any failure: the client has no promise, and the transaction may be committed all the same.
        this.attempts.push({ startMs, endMs: this.#nowMs() });
        await delay(PAUSE_MS);
      }
    }
  }
}
