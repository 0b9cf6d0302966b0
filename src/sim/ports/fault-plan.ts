/**
 * What goes wrong with a simulated disk, and when. One plan is shared by everything that one process writes to,
 * so that "crash at step n" means the n-th change of any of it.
 */
import { stepName, type DiskStep } from "../../faults/index.ts";

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
  readonly onFire: () => void;
}

export class FaultPlan {
  #stepCount = 0;
  #counted: { readonly at: number; readonly onFire: () => void } | undefined;
  readonly #named = new Set<NamedCrash>();
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

  /** The `step`-th step from now (1 is the next one) crashes, in place of one ordered so before; else as `crashAt`. */
  crashAfter(step: number, onFire: () => void = () => undefined): () => void {
    const counted = { at: this.#stepCount + step, onFire };
    this.#counted = counted;
    return () => {
      if (this.#counted === counted) this.#counted = undefined;
    };
  }

  /**
   * The next step of this name crashes, in this process or a later one, beside what else was ordered; then `onFire`. Calling
   * what is returned undoes it. See `stepName`.
   */
  crashAt(step: string, fate: CrashFate, onFire: () => void = () => undefined): () => void {
    const named = { step, fate, onFire };
    this.#named.add(named);
    return () => {
      this.#named.delete(named);
    };
  }

  /** No crash is planned any more. */
  disarm(): void {
    this.#counted = undefined;
    this.#named.clear();
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
    this.#counted = undefined;
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
    if (this.#stepCount === this.#counted?.at) {
      return this.#crash("crash", undefined, this.#counted.onFire);
    }
    const named = this.#namedAt(step, path);
    if (named !== undefined) {
      this.#named.delete(named);
      return this.#crash(named.fate, named.step, named.onFire);
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

  #namedAt(step: DiskStep, path: string): NamedCrash | undefined {
    if (this.#named.size === 0) return undefined;
    const name = stepName(step, path);
    return [...this.#named].find((each) => each.step === name);
  }

  #crash(fate: CrashFate, step: string | undefined, onFire: () => void): CrashFate {
    this.#isCrashed = true;
    this.onCrash(step);
    onFire();
    return fate;
  }
}
