import { createInterface } from "node:readline/promises";
import { NetworkError } from "../network/index.ts";

/** Asks at the terminal. Throws `NetworkError` ("needed") with `otherwise` where nobody can be asked. */
export async function ask(question: string, otherwise: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new NetworkError("needed", `nobody can be asked here; ${otherwise}`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

/** Whether the answer is yes. Throws as `ask`. */
export async function isConfirmed(question: string, otherwise: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, otherwise));
}
