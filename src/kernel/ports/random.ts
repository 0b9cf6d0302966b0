/** A source of random numbers. Cores and drivers draw from it only, so that a seed replays a run. */
export interface Random {
  /** Uniform in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, exclusiveMax); `exclusiveMax` is an integer in [1, 2^32]. */
  below(exclusiveMax: number): number;
  /** `length` random bytes. The production source is cryptographically strong. */
  bytes(length: number): Uint8Array;
}
