import type { Entry, Snapshot } from "../raft/index.ts";
import type { ReplicaApplication } from "./ports.ts";

type Work =
  | { readonly kind: "apply"; readonly entries: readonly Entry[] }
  | { readonly kind: "restore"; readonly snapshot: Snapshot; readonly durable: Promise<void> };

export interface ApplyLineHooks {
  /** The application holds these entries; the next call comes when this has resolved. */
  readonly applied: (entries: readonly Entry[]) => Promise<void>;
  readonly restored: (snapshot: Snapshot) => void;
  readonly failed: (error: unknown) => void;
}

/** What the application is to do, one thing at a time and in order. The first failure ends it. */
export class ApplyLine {
  readonly #application: ReplicaApplication;
  readonly #hooks: ApplyLineHooks;
  #waiting: Work[] = [];
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(application: ReplicaApplication, hooks: ApplyLineHooks) {
    this.#application = application;
    this.#hooks = hooks;
  }

  apply(entries: readonly Entry[]): void {
    const last = this.#waiting.at(-1);
    if (last?.kind === "apply") {
      this.#waiting[this.#waiting.length - 1] = {
        kind: "apply",
        entries: [...last.entries, ...entries],
      };
    } else this.#waiting.push({ kind: "apply", entries });
    this.#running ??= this.#run();
  }

  /** Replaces the application's state once `durable` has resolved. A rejection of that is reported elsewhere. */
  restore(snapshot: Snapshot, durable: Promise<void>): void {
    this.#waiting.push({ kind: "restore", snapshot, durable });
    this.#running ??= this.#run();
  }

  /** Begins nothing more. Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let work = this.#waiting.shift(); work !== undefined; work = this.#waiting.shift()) {
      if (this.#isStopped) break;
      try {
        await this.#perform(work);
      } catch (error) {
        this.#isStopped = true;
        this.#hooks.failed(error);
        break;
      }
    }
    this.#running = undefined;
  }

  async #perform(work: Work): Promise<void> {
    switch (work.kind) {
      case "apply":
        await this.#application.apply(work.entries);
        if (!this.#isStopped) await this.#hooks.applied(work.entries);
        return;
      case "restore": {
        const isDurable = await work.durable.then(
          () => true,
          () => false,
        );
        if (isDurable) await this.#restore(work.snapshot);
      }
    }
  }

  async #restore(snapshot: Snapshot): Promise<void> {
    if (this.#isStopped) return;
    await this.#application.restore(snapshot);
    this.#restored(snapshot);
  }

  #restored(snapshot: Snapshot): void {
    if (!this.#isStopped) this.#hooks.restored(snapshot);
  }
}
