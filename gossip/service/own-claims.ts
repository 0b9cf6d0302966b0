/** What this peer says about itself, signed. */
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import {
  GossipMessage_Tag as Tag,
  Secret,
  encode,
  type PeerTime as WirePeerTime,
} from "../../src/wire/index.ts";
import type { PeerTime, RunnableChaincode, SealedMessage } from "../core/index.ts";
import { sealMessage } from "./gossip-message.ts";
import { channelMac } from "./peer-identity.ts";
import { probeMark } from "./probe-wire.ts";

export interface OwnEndpoints {
  /** `host:port` for the own organisation. */
  readonly internal: string;
  /** `host:port` for other organisations; empty: they shall not know of this peer. */
  readonly external: string;
}

export interface OwnState {
  readonly time: PeerTime;
  readonly height: number;
  readonly hasLeft: boolean;
  readonly chaincodes: readonly RunnableChaincode[];
}

export class OwnClaims {
  readonly #signer: Signer;
  readonly #pkiId: Uint8Array;
  readonly #endpoints: OwnEndpoints;
  /** The endpoint never changes: one signature serves every alive message. */
  #secret: Promise<{ readonly payload: Uint8Array; readonly signature: Uint8Array }> | undefined;

  constructor(signer: Signer, pkiId: Uint8Array, endpoints: OwnEndpoints) {
    this.#signer = signer;
    this.#pkiId = pkiId;
    this.#endpoints = endpoints;
  }

  async alive(time: PeerTime, rebuttals: number): Promise<SealedMessage> {
    const membership = {
      endpoint: this.#endpoints.external,
      metadata: probeMark(rebuttals),
      pkiId: this.#pkiId,
    };
    // Always: whoever has the claim can verify it, and needs to ask nobody.
    const { identity } = this.#signer;
    const value = { membership, timestamp: wireTime(time), identity };
    this.#secret ??= this.#signSecret();
    const secretEnvelope = await this.#secret;
    const content = { $case: "aliveMsg", value } as const;
    return { ...(await sealMessage(this.#signer, { content, tag: Tag.EMPTY })), secretEnvelope };
  }

  async identity(): Promise<SealedMessage> {
    const value = { pkiId: this.#pkiId, cert: this.#signer.identity, metadata: EMPTY_BYTES };
    const content = { $case: "peerIdentity", value } as const;
    return sealMessage(this.#signer, { content, tag: Tag.EMPTY });
  }

  async state(channelId: string, state: OwnState): Promise<SealedMessage> {
    const value = {
      timestamp: wireTime(state.time),
      pkiId: this.#pkiId,
      channelMac: channelMac(this.#pkiId, channelId),
      properties: {
        ledgerHeight: state.height,
        leftChannel: state.hasLeft,
        chaincodes: state.chaincodes.map(({ name, version }) => ({
          name,
          version,
          metadata: EMPTY_BYTES,
        })),
      },
    };
    const content = { $case: "stateInfo", value } as const;
    return sealMessage(this.#signer, { content, tag: Tag.CHAN_OR_ORG });
  }

  async leadership(
    channelId: string,
    time: PeerTime,
    isDeclaration: boolean,
  ): Promise<SealedMessage> {
    const value = { pkiId: this.#pkiId, timestamp: wireTime(time), isDeclaration };
    const content = { $case: "leadershipMsg", value } as const;
    return sealMessage(this.#signer, { content, tag: Tag.CHAN_AND_ORG, channelId });
  }

  async #signSecret(): Promise<{ readonly payload: Uint8Array; readonly signature: Uint8Array }> {
    const content = { $case: "internalEndpoint", value: this.#endpoints.internal } as const;
    const payload = encode(Secret, { content });
    return { payload, signature: await this.#signer.sign(payload) };
  }
}

function wireTime({ incarnation, sequence }: PeerTime): WirePeerTime {
  return { incNum: incarnation.toString(), seqNum: sequence.toString() };
}
