/** Signed messages that can be wrong in one respect at a time. */
import { randomBytes } from "node:crypto";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import {
  ChaincodeHeaderExtension,
  ChaincodeInvocationSpec,
  ChaincodeProposalPayload,
  ChaincodeSpec_Type,
  ChannelHeader,
  create,
  encode,
  Header,
  HeaderType,
  Payload,
  Proposal,
  SeekInfo,
  SeekInfo_SeekBehavior,
  SignatureHeader,
  timestampFromMs,
  transactionId,
  type Envelope,
  type SignedProposal,
} from "../../../src/wire/index.ts";
import type { Signers } from "./nodes.ts";

export interface Draft {
  readonly signer: Signer;
  readonly channelId: string;
  /** Default: the one that nonce and signer make. */
  readonly txId?: string;
  /** From now; default 0. */
  readonly ageMs?: number;
  /** Whether the signature is one of other bytes. */
  readonly isForged?: boolean;
}

const DAY_MS = 24 * 3_600_000;

/** What can be wrong with a draft. */
export type Flaw =
  | "a wrong signature"
  | "another organisation"
  | "an impostor's certificate"
  | "an expired certificate"
  | "a wrong channel"
  | "a wrong transaction id"
  | "an old timestamp"
  | "a timestamp to come";

export function flawOf(flaw: Flaw, signers: Signers): Partial<Draft> {
  switch (flaw) {
    case "a wrong signature":
      return { isForged: true };
    case "another organisation":
      return { signer: signers.stranger };
    case "an impostor's certificate":
      return { signer: signers.impostor };
    case "an expired certificate":
      return { signer: signers.expired };
    case "a wrong channel":
      return { channelId: "elsewhere" };
    case "a wrong transaction id":
      return { txId: "0".repeat(64) };
    case "an old timestamp":
      return { ageMs: DAY_MS };
    case "a timestamp to come":
      return { ageMs: -DAY_MS };
  }
}

/** The signature of `bytes`, or of others. */
export function signatureOf(draft: Draft, bytes: Uint8Array): Promise<Uint8Array> {
  return draft.signer.sign(draft.isForged === true ? utf8("other bytes") : bytes);
}

/** A signed envelope with any data. */
export async function envelopeOf(
  draft: Draft,
  type: HeaderType,
  data: Uint8Array,
): Promise<{ readonly envelope: Envelope; readonly txId: string }> {
  const { header, txId } = headerOf(draft, type, EMPTY_BYTES);
  const payload = encode(Payload, { header, data });
  return { envelope: { payload, signature: await signatureOf(draft, payload) }, txId };
}

/** A proposal to run a function of a chaincode. `payload` replaces the marshalled `ChaincodeProposalPayload`. */
export async function proposalOf(
  draft: Draft,
  call: {
    readonly chaincode: string;
    readonly args: readonly Uint8Array[];
    readonly payload?: Uint8Array;
  },
): Promise<{ readonly signed: SignedProposal; readonly txId: string }> {
  const chaincodeId = { name: call.chaincode };
  const extension = create(ChaincodeHeaderExtension, { chaincodeId });
  const { header, txId } = headerOf(
    draft,
    HeaderType.ENDORSER_TRANSACTION,
    encode(ChaincodeHeaderExtension, extension),
  );
  const invocation = create(ChaincodeInvocationSpec, {
    chaincodeSpec: { type: ChaincodeSpec_Type.NODE, chaincodeId, input: { args: [...call.args] } },
  });
  const payload = encode(ChaincodeProposalPayload, {
    input: encode(ChaincodeInvocationSpec, invocation),
    transientMap: new Map(),
  });
  const proposalBytes = encode(Proposal, {
    header: encode(Header, header),
    payload: call.payload ?? payload,
    extension: EMPTY_BYTES,
  });
  return {
    signed: { proposalBytes, signature: await signatureOf(draft, proposalBytes) },
    txId,
  };
}

/** A request for the first block. */
export function seekFirst(): Uint8Array {
  const position = { type: { $case: "oldest" as const, value: {} } };
  return encode(
    SeekInfo,
    create(SeekInfo, {
      start: position,
      stop: position,
      behavior: SeekInfo_SeekBehavior.FAIL_IF_NOT_READY,
    }),
  );
}

function headerOf(
  draft: Draft,
  type: HeaderType,
  extension: Uint8Array,
): { readonly header: Header; readonly txId: string } {
  const nonce = new Uint8Array(randomBytes(24));
  const creator = draft.signer.identity;
  const txId = draft.txId ?? transactionId(nonce, creator);
  const channelHeader = create(ChannelHeader, {
    type,
    timestamp: timestampFromMs(Date.now() - (draft.ageMs ?? 0)),
    channelId: draft.channelId,
    txId,
    extension,
  });
  return {
    header: {
      channelHeader: encode(ChannelHeader, channelHeader),
      signatureHeader: encode(SignatureHeader, { creator, nonce }),
    },
    txId,
  };
}
