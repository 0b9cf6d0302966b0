import { CUT_OFF_FACTOR, CUT_OFF_MS_MAX, CUT_OFF_MS_MIN } from "../limits.ts";
import type { PullReport } from "../ports.ts";

/**
 * When the peer that pulls blocks for its organisation leaves that to another: once it has reached no orderer for a while. Not
 * while most orderers answer that they have no leader: others would hear the same. Each time that it left and no
 * block came from anywhere it holds on for longer, so that an organisation whose members are all cut off does not pass the
 * task around.
 */
export class CutOff {
  #limitMs: number = CUT_OFF_MS_MIN;

  isReached(report: PullReport): boolean {
    return report.kind === "trouble" && !report.isServiceDown && report.forMs >= this.#limitMs;
  }

  /** It has left. */
  left(): void {
    this.#limitMs = Math.min(CUT_OFF_MS_MAX, this.#limitMs * CUT_OFF_FACTOR);
  }

  /** From whomever. */
  cameBlock(): void {
    this.#limitMs = CUT_OFF_MS_MIN;
  }
}
