/**
 * What goes wrong with a simulated disk, and when. One plan is shared by everything that one process writes to,
 * so that "crash at step n" means the n-th change of any of it.
 */
import type { DiskStep } from "./disk-step.ts";
import { stepName } from "./step-names.ts";

/** Thrown by every operation from the crash on, until `restart`. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";
}

/** A disk error, with the `code` that Node gives it. */
export class SimulatedDiskError extends Error {
  override readonly name = "SimulatedDiskError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface PlannedFailure {
  readonly step: DiskStep;
  /** Counts steps of this kind from now; 1 is the next one. */
  left: number;
  readonly code: string;
}

/** What becomes of the step that crashes: nothing of it is done, all of it is, or either by chance. */
export type CrashFate = "crash before" | "crash after" | "crash";

interface NamedCrash {
  readonly step: string;
  readonly fate: CrashFate;
}

export class FaultPlan {
  #stepCount = 0;
  #crashAt: number | undefined;
  #named: NamedCrash | undefined;
  #isCrashed = false;
  #failures: PlannedFailure[] = [];
  /** Every flush fails, until this is false again. A restart of the process does not change it. */
  isSyncFailing = false;
  /** Called in the step that crashes, with its name where it was ordered by that. */
  onCrash: (step: string | undefined) => void = () => undefined;

  /** Steps taken so far, the refused one included. */
  get stepCount(): number {
    return this.#stepCount;
  }

  get isCrashed(): boolean {
    return this.#isCrashed;
  }

  /** The `step`-th step from now (1 is the next one) crashes. */
  crashAfter(step: number): void {
    this.#crashAt = this.#stepCount + step;
  }

  /** The next step of this name crashes, in this process or a later one, until it is undone. See `stepName`. */
  crashAt(step: string, fate: CrashFate): void {
    this.#named = { step, fate };
  }

  /** No crash is planned any more. */
  disarm(): void {
    this.#crashAt = undefined;
    this.#named = undefined;
  }

  crashNow(): void {
    this.#isCrashed = true;
  }

  /** The `nth` step of this kind from now rejects with `code`, such as EIO or ENOSPC; those around it work. */
  fail(step: DiskStep, nth: number, code = "EIO"): void {
    this.#failures.push({ step, left: nth, code });
  }

  /** Power is back: nothing is planned any more. */
  restart(): void {
    this.#isCrashed = false;
    this.#crashAt = undefined;
    this.#failures = [];
  }

  /** Nothing is planned any more; what has crashed stays so. */
  calm(): void {
    this.disarm();
    this.#failures = [];
  }

  /** Rejects reads of a crashed process. */
  checkAlive(): void {
    if (this.#isCrashed) throw new SimulatedCrash("the process has crashed");
  }

  /**
   * Announces a step, at `path` where it is at one. Unless it answers "go" the power goes during it: the caller leaves the
   * change as it says, then calls `checkAlive`. Throws when it is to fail.
   */
  take(step: DiskStep, path = ""): "go" | CrashFate {
    this.checkAlive();
    this.#stepCount += 1;
    if (this.#stepCount === this.#crashAt) return this.#crash("crash", undefined);
    const named = this.#named;
    if (named !== undefined && named.step === stepName(step, path)) {
      this.#named = undefined;
      return this.#crash(named.fate, named.step);
    }
    if (this.isSyncFailing && (step === "sync" || step === "syncDirectory")) {
      throw new SimulatedDiskError("EIO", `simulated EIO at ${step}`);
    }
    for (const failure of this.#failures) {
      if (failure.step !== step) continue;
      failure.left -= 1;
      if (failure.left === 0) {
        throw new SimulatedDiskError(failure.code, `simulated ${failure.code} at ${step}`);
      }
    }
    return "go";
  }

  #crash(fate: CrashFate, step: string | undefined): CrashFate {
    this.#isCrashed = true;
    this.onCrash(step);
    return fate;
  }
}
