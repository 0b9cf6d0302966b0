import type { Accusation } from "./accusation.ts";
import type { AliveClaim, IdentityRecord, PeerId, SealedMessage } from "./claims.ts";
import type { Seed } from "./contacts.ts";
import type { MeshMessage } from "./messages.ts";
import type { PeerTime } from "./peer-time.ts";

/** What happens to the mesh. Claims and identities have been verified; `from` is the authenticated sender. */
export type MeshEvent =
  | { readonly kind: "tick"; readonly wallMs: number }
  /** This process was busy or asleep for so long beyond what was to be expected: fed before the tick that came late. */
  | { readonly kind: "late"; readonly lateMs: number }
  /** The endpoints of bootstrap and anchor peers from now on. */
  | { readonly kind: "seeds"; readonly seeds: readonly Seed[] }
  /** A dialled peer has proved who it is. */
  | { readonly kind: "connected"; readonly peer: PeerId; readonly seedEndpoint: string | undefined }
  | { readonly kind: "alive-signed"; readonly time: PeerTime; readonly sealed: SealedMessage }
  | { readonly kind: "alive"; readonly claim: AliveClaim; readonly from: PeerId }
  /** An answer about the membership: claims that `from` sent in one, of members alive and of members dead. */
  | {
      readonly kind: "members";
      readonly from: PeerId;
      readonly alive: readonly AliveClaim[];
      readonly dead: readonly AliveClaim[];
    }
  /** A claim of `peer` that `from` has shown is older than the one known here. */
  | { readonly kind: "stale-alive"; readonly peer: PeerId; readonly from: PeerId }
  /** Somebody passed on a claim in this peer's own name, signed by it. */
  | { readonly kind: "own-alive"; readonly time: PeerTime; readonly rebuttals: number }
  | { readonly kind: "identity"; readonly record: IdentityRecord }
  /** `from` spoke of a peer whose identity is not known here. */
  | { readonly kind: "identity-missing"; readonly from: PeerId }
  | {
      readonly kind: "membership-request";
      readonly from: PeerId;
      readonly nonce: string;
      readonly known: Uint32Array | undefined;
    }
  | {
      readonly kind: "probe" | "ack";
      readonly from: PeerId;
      readonly nonce: string;
      readonly digest: number;
      readonly accusation: Accusation | undefined;
    }
  | {
      readonly kind: "probe-request";
      readonly from: PeerId;
      readonly nonce: string;
      readonly subject: PeerId;
    }
  | { readonly kind: "nack"; readonly from: PeerId; readonly nonce: string }
  | {
      readonly kind: "accusations";
      readonly from: PeerId;
      readonly accusations: readonly Accusation[];
    }
  | { readonly kind: "identity-hello"; readonly from: PeerId; readonly nonce: string }
  | {
      readonly kind: "identity-digest" | "identity-request";
      readonly from: PeerId;
      readonly nonce: string;
      readonly peers: readonly PeerId[];
    };

/** What the mesh wants done, in this order. */
export type MeshEffect =
  | { readonly kind: "send"; readonly to: PeerId; readonly message: MeshMessage }
  /** To be answered with `alive-signed`. */
  | { readonly kind: "sign-alive"; readonly time: PeerTime; readonly rebuttals: number }
  /** What this peer says of itself is of this run from now on: others remember a later one than that of its start. */
  | { readonly kind: "risen"; readonly incarnation: bigint }
  /** To be answered with `connected` when it succeeds. */
  | { readonly kind: "dial-seed"; readonly seed: Seed }
  | { readonly kind: "dial-member"; readonly peer: PeerId; readonly endpoint: string }
  | { readonly kind: "joined" | "died" | "suspected"; readonly peer: PeerId };
