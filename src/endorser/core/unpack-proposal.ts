import { sha256 } from "../../crypto/index.ts";
import { errorMessage } from "../../kernel/error.ts";
import {
  ChaincodeHeaderExtension,
  ChaincodeInvocationSpec,
  ChaincodeProposalPayload,
  ChannelHeader,
  Header,
  Proposal,
  SignatureHeader,
  decodeRequest,
  encode,
  type ChaincodeInput,
  type SignedProposal,
} from "../../wire/index.ts";

/** A proposal, read. Nothing of it has been verified. */
export interface UnpackedProposal {
  readonly signed: SignedProposal;
  readonly channelHeader: ChannelHeader;
  readonly signatureHeader: SignatureHeader;
  readonly channelId: string;
  readonly txId: string;
  /** Fabric: the chaincode that the header names is executed; the one in the payload is not looked at. */
  readonly chaincodeName: string;
  readonly input: ChaincodeInput;
  readonly transientMap: ReadonlyMap<string, Uint8Array>;
  /** What endorsers sign and committers recompute: it binds the response to the proposal. */
  readonly proposalHash: Uint8Array;
}

/** The answer of `unpackProposal`. */
export type UnpackAnswer =
  | { readonly ok: true; readonly proposal: UnpackedProposal }
  | { readonly ok: false; readonly message: string };

/** Reads every layer of a proposal. Never throws. */
export function unpackProposal(signed: SignedProposal): UnpackAnswer {
  try {
    return unpack(signed);
  } catch (error) {
    return refused(errorMessage(error));
  }
}

function unpack(signed: SignedProposal): UnpackAnswer {
  const { header: headerBytes, payload } = decodeRequest(Proposal, signed.proposalBytes);
  const header = decodeRequest(Header, headerBytes);
  const channelHeader = decodeRequest(ChannelHeader, header.channelHeader);
  const signatureHeader = decodeRequest(SignatureHeader, header.signatureHeader);
  const { chaincodeId } = decodeRequest(ChaincodeHeaderExtension, channelHeader.extension);
  if (chaincodeId === undefined) return refused("ChaincodeHeaderExtension.ChaincodeId is nil");
  if (chaincodeId.name === "") return refused("ChaincodeHeaderExtension.ChaincodeId.Name is empty");
  const { input, transientMap } = decodeRequest(ChaincodeProposalPayload, payload);
  const { chaincodeSpec } = decodeRequest(ChaincodeInvocationSpec, input);
  if (chaincodeSpec === undefined) {
    return refused("chaincode invocation spec did not contain chaincode spec");
  }
  if (chaincodeSpec.input === undefined) {
    return refused("chaincode input did not contain any input");
  }
  // The transient map stays with the endorsers: what is hashed, and later ordered, is the payload without it.
  const visible = encode(ChaincodeProposalPayload, { input, transientMap: new Map() });
  return {
    ok: true,
    proposal: {
      signed,
      channelHeader,
      signatureHeader,
      channelId: channelHeader.channelId,
      txId: channelHeader.txId,
      chaincodeName: chaincodeId.name,
      input: chaincodeSpec.input,
      transientMap,
      proposalHash: sha256(header.channelHeader, header.signatureHeader, visible),
    },
  };
}

function refused(message: string): UnpackAnswer {
  return { ok: false, message };
}
