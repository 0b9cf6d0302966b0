import type { AliveClaim, IdentityRecord, PeerId, SealedMessage } from "./claims.ts";
import type { Seed } from "./contacts.ts";
import type { MeshMessage } from "./messages.ts";
import type { PeerTime } from "./peer-time.ts";

/** What happens to the mesh. Claims and identities have been verified; `from` is the authenticated sender. */
export type MeshEvent =
  | { readonly kind: "tick"; readonly wallMs: number }
  /** The endpoints of bootstrap and anchor peers from now on. */
  | { readonly kind: "seeds"; readonly seeds: readonly Seed[] }
  /** A dialled peer has proved who it is. */
  | { readonly kind: "connected"; readonly peer: PeerId; readonly seedEndpoint: string | undefined }
  | { readonly kind: "alive-signed"; readonly time: PeerTime; readonly sealed: SealedMessage }
  | { readonly kind: "alive"; readonly claim: AliveClaim; readonly from: PeerId }
  /** A claim of a member that `from` holds for dead. */
  | { readonly kind: "dead"; readonly claim: AliveClaim }
  /** Somebody passed on a claim in this peer's own name. */
  | { readonly kind: "own-alive"; readonly time: PeerTime }
  | { readonly kind: "identity"; readonly record: IdentityRecord }
  /** `from` spoke of a peer whose identity is not known here. */
  | { readonly kind: "identity-missing"; readonly from: PeerId }
  | { readonly kind: "membership-request"; readonly from: PeerId; readonly nonce: string }
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
  | { readonly kind: "sign-alive"; readonly time: PeerTime; readonly withIdentity: boolean }
  /** To be answered with `connected` when it succeeds. */
  | { readonly kind: "dial-seed"; readonly seed: Seed }
  | { readonly kind: "dial-member"; readonly peer: PeerId; readonly endpoint: string }
  | { readonly kind: "joined" | "died"; readonly peer: PeerId };
