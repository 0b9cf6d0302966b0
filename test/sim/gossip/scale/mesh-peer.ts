import type {
  GossipOptions,
  IdentityRecord,
  Mesh,
  MeshMessage,
} from "../../../../gossip/core/index.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";

export const MSP_ID = "Org1MSP";

export interface MeshPlan {
  readonly seed: number;
  readonly size: number;
  readonly options?: Partial<GossipOptions>;
  /** Everybody knows everybody from the start; otherwise all know the first peer alone. */
  readonly isWarm: boolean;
  /** Of a network that was cut in parts long ago: who knows everybody holds those of its own part for alive and all others for dead. */
  readonly sideOf?: (index: number) => number;
  /** Who does not run yet, and is known to nobody. Default: nobody. */
  readonly isAbsent?: (index: number) => boolean;
  /**
   * Which peers are such as Fabric's: nobody sees their marks and they see nobody's, so that they judge, and are judged, by alive
   * messages. Default: none.
   */
  readonly isPlain?: (index: number) => boolean;
}

export interface MeshPeer {
  readonly index: number;
  readonly name: string;
  readonly isPlain: boolean;
  mesh: Mesh;
  incarnation: bigint;
  isUp: boolean;
  /** Until then its process does nothing. */
  stalledUntilMs: number;
  tickedMs: number;
  /** What reached it while it was stalled. */
  readonly unread: (readonly [number, MeshMessage])[];
}

export interface MeshObserver {
  readonly died?: (observer: MeshPeer, subject: number, nowMs: number) => void;
  readonly joined?: (observer: MeshPeer, subject: number, nowMs: number) => void;
  readonly suspected?: (observer: MeshPeer, subject: number, nowMs: number) => void;
}

export function identityOf(peer: string): IdentityRecord {
  return {
    peer,
    mspId: MSP_ID,
    serialized: EMPTY_BYTES,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    sealed: undefined,
  };
}
