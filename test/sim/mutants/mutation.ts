/** One place in one file, and what it is changed to. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs once in the file. */
  readonly search: string;
  readonly replacement: string;
}

/**
 * What a bug is hunted with: scripts, the group of cores under faults, the group whose members change, a log that loses
 * power, ledgers that do, or orderers with disks and a network.
 */
export type Hunt = "script" | "group" | "membership" | "log" | "ledger" | "orderers";

/** Those that `hunt.ts` knows. The others are programs of their own: they import much more. */
export type CoreHunt = Exclude<Hunt, "ledger" | "orderers">;

/** A known bug, planted into the code. */
export interface Mutant {
  /** What it does. */
  readonly name: string;
  readonly hunt: Hunt;
  readonly edits: readonly Edit[];
}

/** How a bug was found. */
export interface Catch {
  /** The seed, or the name of the script. */
  readonly by: string;
  /** What was violated. */
  readonly violation: string;
}
