/**
 * The scripts start a group in term 0 on a log whose snapshot is of term 1, which our core refuses as contradictory: a
 * node cannot hold an entry of a term that it was never in. So every node with such a log starts in term 1, and all
 * terms are shown one lower; the snapshot's own term, which only its place in the log carries, stays 1.
 */

/** The script's name for a term that a node is in or a message is of. */
export function shownTerm(term: number): number {
  return Math.max(term - 1, 0);
}

/** The script's name for the term of a place in the log. */
export function shownLogTerm(term: number): number {
  return term === 0 ? 0 : Math.max(term - 1, 1);
}
