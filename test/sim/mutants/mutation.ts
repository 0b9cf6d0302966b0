/** One place in one file, and what it is changed to. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs once in the file. */
  readonly search: string;
  readonly replacement: string;
}

/** What a bug is hunted with: see `HUNTS`. */
export type Hunt =
  | "script"
  | "group"
  | "membership"
  | "log"
  | "ledger"
  | "orderers"
  | "gossip"
  | "delivery"
  | "network";

/** A known bug, planted into the code. */
export interface Mutant {
  /** What it does. */
  readonly name: string;
  readonly hunt: Hunt;
  readonly edits: readonly Edit[];
}

/** How a bug was found. */
export interface Catch {
  /** Undefined: a script found it, which needs none. */
  readonly seed: number | undefined;
  /** The seed, or the name of the script. */
  readonly by: string;
  /** What was violated. */
  readonly violation: string;
}
