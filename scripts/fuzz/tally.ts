import { formatTable } from "../../src/cli/table.ts";
import type { Finding } from "../../test/fuzz/run-inputs.ts";
import type { FuzzFound } from "./messages.ts";

/** What one entry was given. */
export interface EntryTally {
  inputs: number;
  accepted: number;
  slowestMs: number;
}

/** What all inputs together have shown. */
export class FuzzTally {
  readonly entries: Map<string, EntryTally> = new Map<string, EntryTally>();
  readonly findings: Finding[] = [];
  /** Errors that came from nowhere in particular. */
  readonly strays: string[] = [];

  add(found: FuzzFound): void {
    if (found.kind === "stray") {
      this.strays.push(found.what);
      return;
    }
    const { entry, result } = found;
    const tally = this.entries.get(entry) ?? { inputs: 0, accepted: 0, slowestMs: 0 };
    tally.inputs += result.inputs;
    tally.accepted += result.accepted;
    tally.slowestMs = Math.max(tally.slowestMs, result.slowestMs);
    this.entries.set(entry, tally);
    this.findings.push(...result.findings);
  }

  get inputs(): number {
    return [...this.entries.values()].reduce((sum, { inputs }) => sum + inputs, 0);
  }

  get slowestMs(): number {
    return Math.max(0, ...[...this.entries.values()].map(({ slowestMs }) => slowestMs));
  }

  get faults(): number {
    return this.findings.length + this.strays.length;
  }

  /** A line an entry, then one for all. */
  summary(): string {
    const rows = [...this.entries].map(([name, { inputs, accepted, slowestMs }]) => [
      name,
      inputs.toLocaleString("en"),
      `${Math.round((100 * accepted) / Math.max(1, inputs))} %`,
      slowestMs.toFixed(1),
    ]);
    const table = formatTable(["ENTRY", "INPUTS", "ACCEPTED", "SLOWEST, MS"], rows);
    const all = `${this.inputs.toLocaleString("en")} inputs over ${this.entries.size} entries, ${this.faults} findings, slowest ${this.slowestMs.toFixed(1)} ms`;
    return `${table}\n\n${all}`;
  }
}
