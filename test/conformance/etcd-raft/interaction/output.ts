/** Lines that a command prints. Nothing is kept while a script has turned them off. */
export class ScriptOutput {
  #lines: string[] = [];
  isQuiet = false;

  add(...lines: readonly string[]): void {
    if (!this.isQuiet) this.#lines.push(...lines);
  }

  /** A line about a node, and what is printed of it below. */
  section(title: string, fill: () => readonly string[]): void {
    const lines = fill();
    this.add(title, ...lines.map((line) => `  ${line}`));
  }

  take(): string {
    const text = this.#lines.map((line) => `${line}\n`).join("");
    this.#lines = [];
    return text;
  }
}
