/** What the cores say to other peers, before it has bytes. The driver knows the wire. */
import type { Accusation } from "./accusation.ts";
import type { PeerId, SealedMessage } from "./claims.ts";

export interface NumberedBlock {
  readonly number: number;
  /** Marshalled `common.Block`. */
  readonly bytes: Uint8Array;
}

/** Between peers that probe each other. */
export type ProbeMessage =
  /** "Are you there?" `digest`: of the sender's membership; `accusation`: what it holds against the receiver. */
  | {
      readonly kind: "probe" | "ack";
      readonly nonce: string;
      readonly digest: number;
      readonly accusation: Accusation | undefined;
    }
  /** "Ask `subject` for me." */
  | { readonly kind: "probe-request"; readonly nonce: string; readonly subject: PeerId }
  /** "It has not answered me either." */
  | { readonly kind: "nack"; readonly nonce: string }
  | { readonly kind: "accusations"; readonly accusations: readonly Accusation[] };

/** Messages of the mesh: between any two peers, whatever their channels. */
export type MeshMessage =
  | ProbeMessage
  /** Claims that nobody asked for, to a peer that answers probes. */
  | { readonly kind: "news"; readonly alive: readonly SealedMessage[] }
  | { readonly kind: "alive"; readonly sealed: SealedMessage }
  | {
      readonly kind: "membership-request";
      readonly nonce: string;
      readonly self: SealedMessage;
      /** What the sender knows, in buckets: only what differs is wanted. Undefined: everything is. */
      readonly known: Uint32Array | undefined;
    }
  | {
      readonly kind: "membership-response";
      readonly nonce: string;
      readonly alive: readonly SealedMessage[];
      readonly dead: readonly SealedMessage[];
    }
  | { readonly kind: "identity-hello"; readonly nonce: string }
  | {
      readonly kind: "identity-digest";
      readonly nonce: string;
      readonly peers: readonly PeerId[];
    }
  | {
      readonly kind: "identity-request";
      readonly nonce: string;
      readonly peers: readonly PeerId[];
    }
  | {
      readonly kind: "identity-update";
      readonly nonce: string;
      readonly identities: readonly SealedMessage[];
    };

/** Messages of one channel. */
export type ChannelMessage =
  | { readonly kind: "state-info"; readonly sealed: SealedMessage }
  | { readonly kind: "state-pull" }
  | { readonly kind: "state-snapshot"; readonly elements: readonly SealedMessage[] }
  | ({ readonly kind: "block" } & NumberedBlock)
  /** `height`: of the sender's ledger, for peers that answer with what it lacks, or with nothing. Undefined: asks as Fabric's peers do. */
  | {
      readonly kind: "block-hello";
      readonly nonce: string;
      readonly height: number | undefined;
    }
  | {
      readonly kind: "block-digest";
      readonly nonce: string;
      readonly numbers: readonly number[];
    }
  | {
      readonly kind: "block-request";
      readonly nonce: string;
      readonly numbers: readonly number[];
    }
  | {
      readonly kind: "range-request";
      readonly nonce: string;
      /** First and last number, both included. */
      readonly first: number;
      readonly last: number;
    }
  | { readonly kind: "leadership"; readonly sealed: SealedMessage };
