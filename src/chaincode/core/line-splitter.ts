import { OUTPUT_LINE_LENGTH_MAX } from "../limits.ts";

/** Cuts a process's output into lines of bounded length. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #line = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    const [first = "", ...rest] = this.#decoder.decode(bytes, { stream: true }).split("\n");
    this.#append(first);
    for (const text of rest) {
      this.#flush();
      this.#append(text);
    }
  }

  /** The output is over: what is left is a line. */
  end(): void {
    this.#append(this.#decoder.decode());
    this.#flush();
  }

  // What goes beyond the bound is dropped as it comes, so that an endless line takes no memory.
  #append(text: string): void {
    this.#line += text.slice(0, OUTPUT_LINE_LENGTH_MAX - this.#line.length);
  }

  #flush(): void {
    const line = this.#line.trimEnd();
    this.#line = "";
    if (line !== "") this.#onLine(line);
  }
}
