import type {
  LeadershipClaim,
  PeerId,
  RunnableChaincode,
  SealedMessage,
  StateClaim,
} from "./claims.ts";
import type { ChannelMessage, NumberedBlock } from "./messages.ts";
import type { PeerTime } from "./peer-time.ts";

/** What happens to a channel. Claims have been verified and their owners belong to the channel's organisations; so does `from`. */
export type ChannelEvent =
  | { readonly kind: "tick" }
  /** The organisations of the channel from now on. */
  | { readonly kind: "organizations"; readonly mspIds: ReadonlySet<string> }
  /** The ledger has grown, or what it can run has changed. */
  | {
      readonly kind: "ledger";
      readonly height: number;
      readonly chaincodes: readonly RunnableChaincode[];
    }
  /** This peer leaves the channel: the last thing that it says about it. */
  | { readonly kind: "leave" }
  | { readonly kind: "state-signed"; readonly time: PeerTime; readonly sealed: SealedMessage }
  | { readonly kind: "state-claim"; readonly claim: StateClaim; readonly from: PeerId }
  /** Claims that answer a pull: they are not passed on, for whoever lacks them pulls, too. */
  | { readonly kind: "state-claims"; readonly claims: readonly StateClaim[] }
  | { readonly kind: "state-pull"; readonly from: PeerId; readonly mspId: string }
  | BlockEvent
  | { readonly kind: "leadership-signed"; readonly sealed: SealedMessage }
  | { readonly kind: "leadership"; readonly claim: LeadershipClaim; readonly from: PeerId }
  /** A peer, of whatever channel, has come or gone. */
  | { readonly kind: "joined" | "died"; readonly peer: PeerId }
  /** What this peer says of itself is of this run from now on: others remember a later one than that of its start. */
  | { readonly kind: "risen"; readonly incarnation: bigint }
  | { readonly kind: "orderer-trouble" };

/** What happens to a channel's blocks. */
export type BlockEvent =
  /** A block that this peer brought from the orderers, verified. */
  | ({ readonly kind: "own-block" } & NumberedBlock)
  /** A block that `from` pushed. */
  | ({ readonly kind: "block"; readonly from: PeerId } & NumberedBlock)
  | {
      readonly kind: "block-update";
      readonly from: PeerId;
      readonly nonce: string;
      readonly blocks: readonly NumberedBlock[];
    }
  | {
      readonly kind: "range-response";
      readonly from: PeerId;
      readonly nonce: string;
      readonly blocks: readonly NumberedBlock[];
    }
  | {
      readonly kind: "block-hello";
      readonly from: PeerId;
      readonly nonce: string;
      readonly height: number | undefined;
    }
  | {
      readonly kind: "block-digest" | "block-request";
      readonly from: PeerId;
      readonly nonce: string;
      readonly numbers: readonly number[];
    }
  | {
      readonly kind: "range-request";
      readonly from: PeerId;
      readonly nonce: string;
      readonly first: number;
      readonly last: number;
    }
  /** Answers `verify-block`. */
  | { readonly kind: "block-verified"; readonly number: number; readonly isValid: boolean }
  /** Answers `store-block`. */
  | { readonly kind: "block-stored"; readonly number: number; readonly isStored: boolean };

/** What a channel wants done, in this order. */
export type ChannelEffect =
  | { readonly kind: "send"; readonly to: PeerId; readonly message: ChannelMessage }
  /** To be answered with `state-signed`. */
  | {
      readonly kind: "sign-state";
      readonly time: PeerTime;
      readonly height: number;
      readonly hasLeft: boolean;
      readonly chaincodes: readonly RunnableChaincode[];
    }
  /** To be answered with `leadership-signed`. */
  | { readonly kind: "sign-leadership"; readonly time: PeerTime; readonly isDeclaration: boolean }
  /** Read these blocks and send them: as an update of a pull, or as the answer to a request for a range. */
  | {
      readonly kind: "serve-blocks";
      readonly as: "update" | "range";
      readonly to: PeerId;
      readonly nonce: string;
      readonly numbers: readonly number[];
    }
  | ({ readonly kind: "verify-block" } & NumberedBlock)
  | ({ readonly kind: "store-block" } & NumberedBlock)
  /** `peer` served a block that does not verify. */
  | { readonly kind: "offended"; readonly peer: PeerId; readonly number: number }
  /** `peer` said to have blocks from `number` on, was asked for them, and has brought none in time. */
  | { readonly kind: "unserved"; readonly peer: PeerId; readonly number: number }
  | { readonly kind: "deliverer"; readonly isDeliverer: boolean }
  /** A tick is wanted in so many milliseconds, before the next regular one. */
  | { readonly kind: "wake"; readonly afterMs: number };
