import type { GrpcServerTls } from "../kernel/adapters/grpc-server.ts";

export type RenewedTls = Pick<GrpcServerTls, "certificatePem" | "keyPem">;

/** A node that serves. */
export interface RunningHost {
  /** Where it listens; chosen by the system when the configuration says 0. */
  readonly port: number;
  readonly operationsPort: number;
  /** Of the channel participation API; absent where it is not served. */
  readonly adminPort?: number;
  /** Presents another certificate to whoever connects from now on. Throws for what is no certificate with its key. */
  renewTls(renewed: RenewedTls): void;
  /** Ends everything in order, outermost first. Idempotent. */
  close(): Promise<void>;
}
