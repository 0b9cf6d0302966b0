import type { Profile } from "./faults/profile.ts";
import type { SignatureKind } from "./image.ts";
import type { Schedule } from "./faults/schedule.ts";
import type { ContractDeeds } from "./workload/repeated-contract.ts";

/** What one run says about its seed. */
export interface RunReport {
  readonly seed: number;
  readonly signatures: SignatureKind;
  readonly profile: Profile;
  readonly schedule: Schedule;
  /** Lines of the trace. */
  readonly events: number;
  readonly messages: number;
  /** Equal for equal runs. */
  readonly traceHash: string;
  readonly simulatedMs: number;
  readonly cpuMs: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** Of the longest ledger. */
  readonly blocks: number;
  /** Empty: nothing was found. */
  readonly violations: readonly string[];
  /** States that were reached, and how often. */
  readonly sometimes: Readonly<Record<string, number>>;
  /** What the workload's own contracts did: how often they ran, and what they refused, the most frequent first. */
  readonly contracts: Omit<ContractDeeds, "whim">;
  /** Nothing was committed: the run shows nothing. */
  readonly isVoid: boolean;
}

/** What most runs of a contract refused, where they did: a test that only meets refusals shows little. Undefined where most did not. */
export function refusalLine({ contracts: { runs, refusals } }: RunReport): string | undefined {
  const refused = refusals.reduce((sum, { count }) => sum + count, 0);
  if (2 * refused <= runs) return undefined;
  const most = refusals.slice(0, 3).map(({ refusal, count }) => `${refusal} (${count} times)`);
  return `${refused} of ${runs} runs of the contract ended with an error: ${most.join("; ")}`;
}

/** A report in a line, and a line for each violation. */
export function reportLine(report: RunReport): string {
  const { seed, traceHash, simulatedMs, cpuMs, messages, blocks, violations } = report;
  const seconds = Math.round(simulatedMs / 1_000);
  const speed = Math.round(simulatedMs / cpuMs);
  const parts = [
    `seed ${seed}: ${traceHash.slice(0, 16)}`,
    `${seconds} s at ${speed} times the speed`,
    `${messages} messages`,
    `${blocks} blocks`,
    `${report.acknowledged} acknowledged`,
    `${report.refused} refused`,
    `${report.unknown} unknown`,
    ...(report.signatures === "real" ? ["real signatures"] : []),
    ...(report.isVoid ? ["void: nothing was committed"] : []),
  ];
  return [parts.join(", "), ...violations.map((violation) => `  ${violation}`)].join("\n");
}
