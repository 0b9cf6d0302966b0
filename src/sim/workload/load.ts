/** What clients do, and how much of it. */
export interface Load {
  readonly clients: number;
  /** Mean pause of a client between two calls. */
  readonly thinkMs: number;
  /** In 1/100: calls that are made `burstSize` times at once. */
  readonly burstPercent: number;
  readonly burstSize: number;
  readonly accounts: number;
  /** In 1/100: calls for the one key, or the one pair of accounts, that everybody wants. */
  readonly hotPercent: number;
  /** In 1/100: committed transactions that are sent again as they are. */
  readonly replayPercent: number;
  /** In 1/100: committed transactions that are altered and sent again. */
  readonly forgePercent: number;
  /** In 1/100: calls that a client wants to have without the endorsements that they need. */
  readonly unendorsedPercent: number;
  /** In 1/100: calls that write private data. Default: none. */
  readonly privatePercent?: number;
  /** How often a transaction of unknown fate is sent again. */
  readonly retriesMax: number;
}
