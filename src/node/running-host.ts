/** A node that serves. */
export interface RunningHost {
  /** Where it listens; chosen by the system when the configuration says 0. */
  readonly port: number;
  readonly operationsPort: number;
  /** Of the channel participation API; absent where it is not served. */
  readonly adminPort?: number;
  /** Ends everything in order, outermost first. Idempotent. */
  close(): Promise<void>;
}
