import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import type { ChaincodeMessage, ChaincodeSpec } from "../wire/index.ts";
import { ShimSession, type SessionEffect, type ShimSessionOptions } from "./core/shim-session.ts";
import type { RequestAnswer } from "./core/state-requests.ts";
import type { ChaincodeRun, RunOutcome } from "./core/transaction.ts";

/** A stream of messages with a chaincode process, whoever dialled. */
export interface MessagePipe {
  readonly incoming: AsyncIterable<ChaincodeMessage>;
  /** Resolves when the transport wants more; rejects when the stream is over. */
  send(message: ChaincodeMessage): Promise<void>;
}

/** How waiting for a run ended. `isHung`: the process sent nothing at all in the run's time. */
export type StreamOutcome =
  | RunOutcome
  | { readonly kind: "timed-out"; readonly isHung: boolean }
  | { readonly kind: "cancelled" };

export interface ChaincodeStreamDeps extends ShimSessionOptions {
  readonly pipe: MessagePipe;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onRegistered: (chaincodeId: string, stream: ChaincodeStream) => void;
  /** A contract calls another chaincode. Must not reject. */
  readonly onCall: (run: ChaincodeRun, spec: ChaincodeSpec) => Promise<RequestAnswer>;
}

/** Drives the session of one chaincode stream. */
export class ChaincodeStream {
  readonly #deps: ChaincodeStreamDeps;
  readonly #session: ShimSession;
  readonly #waiting = new Map<ChaincodeRun, (outcome: StreamOutcome) => void>();
  /** Messages leave one after another; resolves when the transport has taken the last. */
  #sent: Promise<void> = Promise.resolve();
  #lastReceivedMs = Number.NEGATIVE_INFINITY;
  #endReason: string | undefined;

  constructor(deps: ChaincodeStreamDeps) {
    this.#deps = deps;
    this.#session = new ShimSession(deps);
  }

  /** Serves the stream until it ends and resolves with the reason. Never rejects. */
  async serve(): Promise<string> {
    const reason = await this.#receive();
    this.#session.step({ kind: "stream-ended" });
    this.#perform();
    return this.#endReason ?? reason;
  }

  /** Runs a transaction. Resolves with `timed-out` after `timeoutMs`, with `cancelled` when `signal` is aborted. */
  execute(run: ChaincodeRun, timeoutMs: number, signal: AbortSignal): Promise<StreamOutcome> {
    const { clock, timers } = this.#deps;
    const startMs = clock.monotonicMs();
    return new Promise((resolve) => {
      const settle = (outcome: StreamOutcome): void => {
        timer.cancel();
        signal.removeEventListener("abort", cancel);
        this.#waiting.delete(run);
        resolve(outcome);
      };
      const giveUp = (outcome: StreamOutcome): void => {
        this.#session.step({ kind: "abandon", run });
        settle(outcome);
      };
      const cancel = (): void => {
        giveUp({ kind: "cancelled" });
      };
      const timer = timers.after(timeoutMs, () => {
        giveUp({ kind: "timed-out", isHung: this.#lastReceivedMs < startMs });
      });
      signal.addEventListener("abort", cancel);
      if (signal.aborted) {
        cancel();
        return;
      }
      this.#waiting.set(run, settle);
      this.#session.step({ kind: "run", run });
      this.#perform();
    });
  }

  async #receive(): Promise<string> {
    try {
      for await (const message of this.#deps.pipe.incoming) {
        this.#lastReceivedMs = this.#deps.clock.monotonicMs();
        this.#session.step({ kind: "received", message });
        this.#perform();
        if (this.#endReason !== undefined) break;
        // A process that does not read its answers is not read either.
        await this.#sent;
      }
      await this.#sent;
      return "the chaincode ended the stream";
    } catch (error) {
      return errorMessage(error);
    }
  }

  #perform(): void {
    for (const effect of this.#session.takeEffects()) this.#performOne(effect);
  }

  #performOne(effect: SessionEffect): void {
    switch (effect.kind) {
      case "send":
        this.#send(effect.message);
        break;
      case "registered":
        this.#deps.onRegistered(effect.chaincodeId, this);
        break;
      case "finished":
        this.#waiting.get(effect.run)?.(effect.outcome);
        break;
      case "call":
        void this.#call(effect.run, effect.spec);
        break;
      case "end":
        this.#endReason = effect.reason;
        break;
    }
  }

  #send(message: ChaincodeMessage): void {
    this.#sent = this.#sent
      .then(() => this.#deps.pipe.send(message))
      .catch((error: unknown) => {
        // The stream is over; the receiving side sees it as well and ends the session.
        this.#deps.logger.debug("message to chaincode not sent", { error: errorMessage(error) });
      });
  }

  async #call(run: ChaincodeRun, spec: ChaincodeSpec): Promise<void> {
    const answer = await this.#deps.onCall(run, spec);
    this.#session.step({ kind: "called", run, answer });
    this.#perform();
  }
}
