import type { GossipOptions, RunnableChaincode } from "../core/index.ts";
import type { OwnEndpoints } from "./own-claims.ts";

export interface GossipServiceOptions {
  readonly endpoints: OwnEndpoints;
  /** `host:port` of peers of the own organisation to start from. */
  readonly bootstrap: readonly string[];
  /** Changes to `DEFAULT_OPTIONS`. */
  readonly timing?: Partial<GossipOptions>;
}

/** What a channel's configuration says about its peers. */
export interface ChannelNetwork {
  /** The application organisations. */
  readonly mspIds: readonly string[];
  readonly anchorPeers: readonly AnchorPeerAddress[];
}

export interface AnchorPeerAddress {
  readonly mspId: string;
  readonly host: string;
  readonly port: number;
}

/** What a peer says about its ledger of a channel. */
export interface ChannelState {
  /** Count of blocks. */
  readonly height: number;
  readonly chaincodes: readonly RunnableChaincode[];
}
