/** A failing run as a file: what is needed to run it again, whatever seeds draw by then. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { RunOptions } from "../../src/sim/index.ts";
import type { Failure } from "./messages.ts";

export type Replay = { readonly seed: number } & Required<
  Pick<RunOptions, "profile" | "schedule" | "signatures">
>;

// Of the rest only the hunt's own files are expected: they are as the code is.
const shape = z.looseObject({
  seed: z.int().nonnegative(),
  profile: z.looseObject({ orderers: z.int(), chaosMs: z.number(), classes: z.array(z.string()) }),
  signatures: z.enum(["keyed", "real"]),
  schedule: z.looseObject({ durationMs: z.number(), faults: z.array(z.looseObject({})) }),
});

export function failureText(failure: Failure): string {
  return `${JSON.stringify(failure, undefined, 2)}\n`;
}

/** Throws `Error`, with the cause and the cure in words, when there is no such file or it is not one of the hunt's. */
export function readFailure(path: string): Replay {
  const raw = parse(path);
  if (!shape.safeParse(raw).success) {
    throw new Error(`${path} is no file of a failing run: take one that sim:hunt has written`);
  }
  // As it was written: the trace shows the world in the order of its fields.
  const { seed, profile, schedule, signatures } = raw as Replay;
  return { seed, profile, schedule, signatures };
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} cannot be read: ${cause}`, { cause: error });
  }
}
