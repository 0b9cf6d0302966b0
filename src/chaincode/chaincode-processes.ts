import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Counter, Histogram, Meter } from "../kernel/ports/meter.ts";
import type { Timer, Timers } from "../kernel/ports/timers.ts";
import { assert } from "../kernel/assert.ts";
import { RestartPolicy } from "./core/restart-policy.ts";
import { ChaincodeError } from "./errors.ts";
import { PROCESSES_MAX } from "./limits.ts";
import type { ChaincodeStream } from "./chaincode-stream.ts";
import type { ChaincodeProcess } from "./ports.ts";

/** A launch that has led to a process or a connection; `stream` comes when it registers. */
export interface StartedChaincode {
  readonly process: ChaincodeProcess;
  /** False: nothing is started again by itself when it ends. A service is somebody else's to run. */
  readonly isSupervised: boolean;
  /** Time from now to REGISTER. */
  readonly registerTimeoutMs: number;
}

export interface ChaincodeProcessesDeps {
  /** Starts or dials. Rejects with the reason why that cannot be. */
  readonly start: (packageId: string) => Promise<StartedChaincode>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly meter: Meter;
}

/** One process from the wish to launch it to its end. */
interface Life {
  readonly startMs: number;
  launch: Promise<ChaincodeStream> | undefined;
  /** Present while REGISTER is waited for. */
  onRegistered: ((stream: ChaincodeStream) => void) | undefined;
  stream: ChaincodeStream | undefined;
  process: ChaincodeProcess | undefined;
}

/** One package's process through its lives. */
interface Slot {
  readonly packageId: string;
  readonly restarts: RestartPolicy;
  /** The life that serves transactions; one that is only being buried is not it. */
  life: Life | undefined;
  restart: Timer | undefined;
}

/**
 * The processes of a peer's chaincodes: at most one per package, launched when wanted, started again when they die.
 *
 * Invariant: a slot with a life has no pending restart.
 */
export class ChaincodeProcesses {
  readonly #deps: ChaincodeProcessesDeps;
  readonly #slots = new Map<string, Slot>();
  readonly #launchDuration: Histogram;
  readonly #launchFailures: Counter;
  #wanted: ReadonlySet<string> = new Set();
  #isClosed = false;

  constructor(deps: ChaincodeProcessesDeps) {
    this.#deps = deps;
    this.#launchDuration = deps.meter.histogram({
      name: "chaincode_launch_duration",
      help: "The time to launch a chaincode.",
      labels: ["chaincode", "success"],
    });
    this.#launchFailures = deps.meter.counter({
      name: "chaincode_launch_failures",
      help: "The number of chaincode launches that have failed.",
      labels: ["chaincode"],
    });
  }

  /** The stream of a package's process, launched if need be; all who ask share one launch. Rejects with `ChaincodeError` ("launch-failed"). */
  async streamOf(packageId: string): Promise<ChaincodeStream> {
    if (this.#isClosed) throw launchFailed(packageId, "the peer is closing");
    const slot = this.#slotOf(packageId);
    if (slot.life?.launch !== undefined) return slot.life.launch;
    slot.restart?.cancel();
    slot.restart = undefined;
    const life = newLife(this.#deps.clock.monotonicMs());
    slot.life = life;
    life.launch = this.#launch(slot, life);
    return life.launch;
  }

  /** Why a process may not register as `packageId` now, or undefined if it may. */
  registrationRefusal(packageId: string): string | undefined {
    const life = this.#slots.get(packageId)?.life;
    if (life?.stream !== undefined) return `duplicate chaincodeID: ${packageId}`;
    if (life?.onRegistered !== undefined) return undefined;
    return `peer will not accept external chaincode connection ${packageId} (except in dev mode)`;
  }

  /** REGISTER was accepted. */
  registered(packageId: string, stream: ChaincodeStream): void {
    const life = this.#slots.get(packageId)?.life;
    assert(life?.onRegistered !== undefined, "registration is refused unless it is waited for");
    life.stream = stream;
    life.onRegistered(stream);
  }

  /** The stream is over. A process without its stream is of no use: the shim never dials again. */
  streamEnded(packageId: string, stream: ChaincodeStream, reason: string): void {
    const slot = this.#slots.get(packageId);
    const life = slot?.life;
    if (slot === undefined || life?.stream !== stream) return;
    this.#deps.logger.info("chaincode stream ended", { packageId, reason });
    slot.life = undefined;
    void life.process?.stop();
  }

  /** Kills a package's process. Who wants the package from now on gets a new one. */
  kill(packageId: string): void {
    const slot = this.#slots.get(packageId);
    if (slot?.life === undefined) return;
    const { process } = slot.life;
    slot.life = undefined;
    void process?.stop();
  }

  /** Launches the packages of the set in the background and stops all others. */
  keep(packageIds: ReadonlySet<string>): void {
    this.#wanted = packageIds;
    for (const slot of this.#slots.values()) {
      if (!packageIds.has(slot.packageId)) this.#stop(slot);
    }
    for (const packageId of packageIds) this.#launchInBackground(packageId);
  }

  /** Stops every process and resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wanted = new Set();
    const slots = [...this.#slots.values()];
    const ends = slots.flatMap(({ life }) => life?.process?.ended ?? []);
    for (const slot of slots) this.#stop(slot);
    await Promise.all(ends);
  }

  #slotOf(packageId: string): Slot {
    const existing = this.#slots.get(packageId);
    if (existing !== undefined) return existing;
    if (this.#slots.size >= PROCESSES_MAX) {
      throw launchFailed(packageId, `${this.#slots.size} chaincodes are running already`);
    }
    const restarts = new RestartPolicy();
    const slot: Slot = { packageId, restarts, life: undefined, restart: undefined };
    this.#slots.set(packageId, slot);
    return slot;
  }

  async #launch(slot: Slot, life: Life): Promise<ChaincodeStream> {
    const { packageId } = slot;
    try {
      // Before the start: a quick process registers while the start is still being awaited.
      const registration = new Promise<ChaincodeStream>((resolve) => {
        life.onRegistered = resolve;
      });
      const started = await this.#deps.start(packageId);
      life.process = started.process;
      if (this.#isClosed) void started.process.stop();
      void started.process.ended.then((reason) => {
        this.#ended(slot, life, started.isSupervised, reason);
      });
      const stream = await this.#registration(started, registration);
      this.#observeLaunch(packageId, life.startMs, true);
      return stream;
    } catch (error) {
      this.#observeLaunch(packageId, life.startMs, false);
      if (slot.life === life) slot.life = undefined;
      await life.process?.stop();
      throw launchFailed(packageId, errorMessage(error), error);
    } finally {
      life.onRegistered = undefined;
    }
  }

  #registration(
    { process, registerTimeoutMs }: StartedChaincode,
    registration: Promise<ChaincodeStream>,
  ): Promise<ChaincodeStream> {
    return new Promise((resolve, reject) => {
      const timer = this.#deps.timers.after(registerTimeoutMs, () => {
        reject(new Error(`timeout of ${registerTimeoutMs} ms expired while starting chaincode`));
      });
      void process.ended.then((reason) => {
        timer.cancel();
        reject(new Error(`chaincode registration failed: ${reason}`));
      });
      void registration.then((stream) => {
        timer.cancel();
        resolve(stream);
      });
    });
  }

  #ended(slot: Slot, life: Life, isSupervised: boolean, reason: string): void {
    const { packageId } = slot;
    this.#deps.logger.warn("chaincode process ended", { packageId, reason });
    if (slot.life === life) slot.life = undefined;
    if (slot.life !== undefined || slot.restart !== undefined) return;
    if (!this.#wanted.has(packageId)) {
      this.#slots.delete(packageId);
      return;
    }
    if (!isSupervised) return;
    const livedMs = this.#deps.clock.monotonicMs() - life.startMs;
    slot.restart = this.#deps.timers.after(slot.restarts.delayMsAfter(livedMs), () => {
      slot.restart = undefined;
      this.#launchInBackground(packageId);
    });
  }

  #launchInBackground(packageId: string): void {
    const slot = this.#slots.get(packageId);
    if (slot?.life !== undefined || slot?.restart !== undefined) return;
    this.streamOf(packageId).catch((error: unknown) => {
      this.#deps.logger.warn("chaincode launch failed", { packageId, error: errorMessage(error) });
    });
  }

  #stop(slot: Slot): void {
    slot.restart?.cancel();
    slot.restart = undefined;
    void slot.life?.process?.stop();
    if (slot.life === undefined) this.#slots.delete(slot.packageId);
  }

  #observeLaunch(chaincode: string, startMs: number, isSuccess: boolean): void {
    const seconds = (this.#deps.clock.monotonicMs() - startMs) / 1_000;
    this.#launchDuration.observe(seconds, { chaincode, success: String(isSuccess) });
    if (!isSuccess) this.#launchFailures.add(1, { chaincode });
  }
}

function newLife(startMs: number): Life {
  return {
    startMs,
    launch: undefined,
    onRegistered: undefined,
    stream: undefined,
    process: undefined,
  };
}

function launchFailed(packageId: string, reason: string, cause?: unknown): ChaincodeError {
  return new ChaincodeError(
    "launch-failed",
    `could not launch chaincode ${packageId}: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
