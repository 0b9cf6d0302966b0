import type { Undo } from "./chaos-control.ts";

/** A fault that is in force. */
export interface Injected {
  /** What a person reads. */
  readonly text: string;
  readonly undo: Undo;
}
