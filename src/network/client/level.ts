/** How far a node's ledger of a channel is, and how far the others' are. */
export interface Level {
  readonly channelId: string;
  readonly height: number;
  readonly target: number;
}
