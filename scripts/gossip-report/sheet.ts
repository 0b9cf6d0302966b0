/** Cells of the report's tables; each that has a target is checked as it is written. */

export class Sheet {
  readonly #missed: string[] = [];
  #checkedCount = 0;

  /** What misses its target, a line each. */
  get missed(): readonly string[] {
    return this.#missed;
  }

  get checkedCount(): number {
    return this.#checkedCount;
  }

  /** A figure beside the most that it may be, if there is such a target. */
  cell(what: string, value: number, max: number | undefined, digits: number): string {
    const shown = value.toFixed(digits);
    if (max === undefined) return shown;
    const isMet = this.check(what, value, max);
    return `${isMet ? shown : `**${shown}**`} (≤ ${max})`;
  }

  /** True when `value` is at most `max`. */
  check(what: string, value: number, max: number): boolean {
    this.#checkedCount += 1;
    if (value <= max) return true;
    this.#missed.push(`${what}: ${value.toFixed(2)}, more than ${max}`);
    return false;
  }
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
