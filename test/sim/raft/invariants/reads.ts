import { utf8Decode } from "../../../../src/kernel/bytes.ts";
import type { Invariant, Observation } from "../observation.ts";
import { mustHold } from "../observation.ts";
import type { CommittedLog } from "./committed-log.ts";

/** Thesis §6.4, linearizable reads: one sees everything that anybody knew to be committed when it was asked for. */
export class Reads implements Invariant {
  readonly name = "linearizable reads";
  readonly #committed: CommittedLog;
  readonly #asked = new Map<string, number>();
  #answeredCount = 0;

  constructor(committed: CommittedLog) {
    this.#committed = committed;
  }

  get answeredCount(): number {
    return this.#answeredCount;
  }

  /** A read with this context, which no other has, is about to be asked for. */
  ask(context: string): void {
    this.#asked.set(context, this.#committed.lastIndex);
  }

  check({ effects, nodeId }: Observation): void {
    for (const { context, index } of effects.readStates) {
      const least = this.#asked.get(utf8Decode(context));
      mustHold(least !== undefined, `node ${nodeId} answers a read that nobody asked for`);
      mustHold(index >= least, `node ${nodeId} reads at ${index} when ${least} was committed`);
      this.#answeredCount += 1;
    }
  }
}
