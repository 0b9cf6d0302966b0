/** A node that serves. */
export interface RunningHost {
  /** Where it listens; chosen by the system when the configuration says 0. */
  readonly port: number;
  readonly operationsPort: number;
  /** Ends everything in order, outermost first. Idempotent. */
  close(): Promise<void>;
}
