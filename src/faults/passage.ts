import { RpcError, type RpcCallOptions } from "../kernel/ports/rpc.ts";
import type { Timer } from "../kernel/ports/timers.ts";
import { KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS } from "../kernel/limits.ts";
import { DelayLine } from "./delay-line.ts";
import type { DirectionFaults } from "./fault-settings.ts";
import type { LinkDeps } from "./link-deps.ts";

export type Direction = "out" | "in";

type Fate = { readonly kind: "lost" } | { readonly kind: "arrives"; readonly delayMs: number };

const LOSS_STEPS = 1_000_000;

// Aborting without a reason makes one, with a stack, for every call.
const OVER = new RpcError("CANCELLED", "the call is over");

/**
 * One call's way over a link with faults. It behaves as a connection does: what is sent while nothing gets through is never
 * delivered, and whoever lost something learns it as a broken call once the link is whole again, never as a gap.
 *
 * Invariant: after `broken` is settled nothing more passes.
 */
export class Passage {
  /** Aborted when the call is over, however it ended. */
  readonly signal: AbortSignal;
  /** Rejects when the call breaks; never resolves. */
  readonly broken: Promise<never>;
  readonly #deps: LinkDeps;
  readonly #peer: string;
  readonly #abort = new AbortController();
  readonly #lines: Readonly<Record<Direction, DelayLine>>;
  readonly #lost: Record<Direction, boolean> = { out: false, in: false };
  readonly #onEnd: () => void;
  readonly #caller: AbortSignal | undefined;
  readonly #deadline: Timer | undefined;
  #silence: Timer | undefined;
  #reject: (error: RpcError) => void = () => undefined;
  #isOver = false;

  constructor(deps: LinkDeps, peer: string, options: RpcCallOptions, onEnd: () => void) {
    this.#deps = deps;
    this.#peer = peer;
    this.#onEnd = onEnd;
    this.signal = this.#abort.signal;
    this.#lines = { out: new DelayLine(deps, this.signal), in: new DelayLine(deps, this.signal) };
    this.broken = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    this.broken.catch(() => undefined);
    this.#caller = options.signal;
    this.#caller?.addEventListener("abort", this.#cancel);
    const { timeoutMs } = options;
    this.#deadline =
      timeoutMs === undefined
        ? undefined
        : deps.timers.after(timeoutMs, () => {
            this.break(
              new RpcError("DEADLINE_EXCEEDED", `${peer} did not answer in ${timeoutMs} ms`),
            );
          });
    this.#watchSilence();
    if (this.#caller?.aborted === true) this.#cancel();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  faults(direction: Direction): DirectionFaults {
    return this.#deps.faults.link(this.#peer)[direction];
  }

  isBlocked(direction: Direction): boolean {
    return this.faults(direction).drop || this.#lost[direction];
  }

  /** Resolves when one message has passed; rejects when it was lost, at the latest with the deadline. */
  pass(direction: Direction): Promise<void> {
    return new Promise((resolve, reject) => {
      this.broken.catch(reject);
      void this.carry(direction, () => {
        resolve();
        return Promise.resolve();
      });
    });
  }

  /** Carries one message: `deliver` is called later, or never. Resolves when there is room for another. */
  carry(direction: Direction, deliver: () => Promise<void>): Promise<void> {
    const fate = this.#fate(direction);
    if (fate.kind === "lost") return Promise.resolve();
    return this.#lines[direction].put(fate.delayMs, () =>
      this.#isOver ? Promise.resolve() : deliver(),
    );
  }

  unlessBroken<T>(result: Promise<T>): Promise<T> {
    return Promise.race([result, this.broken]);
  }

  /** The link's faults have changed: a call that lost something breaks when its way is free again. */
  recheck(): void {
    this.#watchSilence();
    for (const direction of ["out", "in"] as const) {
      if (!this.#lost[direction] || this.faults(direction).drop) continue;
      this.break(unavailable(this.#peer, "messages were lost"));
    }
  }

  /** Ends the call with `error`. Idempotent. */
  break(error: RpcError): void {
    if (this.#isOver) return;
    this.#reject(error);
    this.end();
  }

  /** The call is over, well or badly. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.cancel();
    this.#silence?.cancel();
    this.#caller?.removeEventListener("abort", this.#cancel);
    this.#abort.abort(OVER);
    this.#onEnd();
  }

  // A ping of the connection that is not answered ends its calls, whatever they wait for.
  #watchSilence(): void {
    const isSilent = this.faults("out").drop || this.faults("in").drop;
    if (!isSilent) {
      this.#silence?.cancel();
      this.#silence = undefined;
    }
    if (!isSilent || this.#silence !== undefined || this.#isOver) return;
    this.#silence = this.#deps.timers.after(KEEPALIVE_INTERVAL_MS + KEEPALIVE_TIMEOUT_MS, () => {
      this.break(unavailable(this.#peer, "pings were lost"));
    });
  }

  readonly #cancel = (): void => {
    this.break(new RpcError("CANCELLED", "the call was cancelled"));
  };

  #fate(direction: Direction): Fate {
    const { drop, delayMs, jitterMs, loss } = this.faults(direction);
    if (drop || this.#lost[direction]) {
      this.#lost[direction] = true;
      return { kind: "lost" };
    }
    const { random } = this.#deps;
    if (loss > 0 && random.below(LOSS_STEPS) < loss * LOSS_STEPS) {
      this.break(unavailable(this.#peer, "a message was lost"));
      return { kind: "lost" };
    }
    return { kind: "arrives", delayMs: delayMs + (jitterMs > 0 ? random.below(jitterMs + 1) : 0) };
  }
}

function unavailable(peer: string, reason: string): RpcError {
  return new RpcError("UNAVAILABLE", `${peer}: ${reason} by an injected fault`);
}
