import { errorMessage } from "../../kernel/error.ts";
import {
  ChaincodeInvocationSpec,
  ChaincodeProposalPayload,
  ChannelHeader,
  Header,
  Proposal,
  decodeRequest,
  type SignedProposal,
} from "../../wire/index.ts";

/** A client's proposal as far as the gateway reads it. Nothing of it has been verified. */
export interface ClientProposal {
  readonly signed: SignedProposal;
  readonly header: Header;
  readonly channelId: string;
  readonly chaincodeName: string;
  /** Marshalled `ChaincodeInvocationSpec`. */
  readonly input: Uint8Array;
  readonly hasTransientData: boolean;
}

/** The answer of `readClientProposal`. `reason` in Fabric's words. */
export type ClientProposalReading =
  | { readonly ok: true; readonly proposal: ClientProposal }
  | { readonly ok: false; readonly reason: string };

/** Reads a proposal down to the chaincode's name. Never throws. */
export function readClientProposal(signed: SignedProposal | undefined): ClientProposalReading {
  if (signed === undefined || signed.proposalBytes.length === 0) {
    return refused("a signed proposal is required");
  }
  try {
    return read(signed);
  } catch (error) {
    return refused(errorMessage(error));
  }
}

function read(signed: SignedProposal): ClientProposalReading {
  const proposal = decodeRequest(Proposal, signed.proposalBytes);
  const header = decodeRequest(Header, proposal.header);
  const { channelId } = decodeRequest(ChannelHeader, header.channelHeader);
  const { input, transientMap } = decodeRequest(ChaincodeProposalPayload, proposal.payload);
  const { chaincodeSpec } = decodeRequest(ChaincodeInvocationSpec, input);
  if (channelId === "") return refused("no channel id provided");
  const where = `channel id [${channelId}]`;
  if (chaincodeSpec === undefined) return refused(`no chaincode spec is provided, ${where}`);
  const { chaincodeId } = chaincodeSpec;
  if (chaincodeId === undefined) return refused(`no chaincode id is provided, ${where}`);
  if (chaincodeId.name === "") return refused(`no chaincode name is provided, ${where}`);
  const chaincodeName = chaincodeId.name;
  const hasTransientData = transientMap.size > 0;
  return {
    ok: true,
    proposal: { signed, header, channelId, chaincodeName, input, hasTransientData },
  };
}

function refused(reason: string): ClientProposalReading {
  return { ok: false, reason };
}
