import { sha256Hex } from "../../crypto/index.ts";
import { EMPTY_BYTES } from "../../kernel/bytes.ts";
import {
  ChaincodeAction,
  ChaincodeActionPayload,
  ChaincodeProposalPayload,
  Payload,
  ProposalResponsePayload,
  Transaction,
  encode,
  tryDecode,
  type Endorsement,
  type Envelope,
  type ProposalResponse,
} from "../../wire/index.ts";
import type { ClientProposal } from "./client-proposal.ts";

/**
 * The transaction for the client to sign: the proposal without its transient data, what the endorsers signed, byte for
 * byte, and their signatures, one of each endorser.
 */
export function prepareTransaction(
  { header, input }: ClientProposal,
  proposalResponsePayload: Uint8Array,
  endorsements: readonly Endorsement[],
): Envelope {
  const payload = encode(ChaincodeActionPayload, {
    chaincodeProposalPayload: encode(ChaincodeProposalPayload, { input, transientMap: new Map() }),
    action: { proposalResponsePayload, endorsements: uniqueEndorsements(endorsements) },
  });
  const action = { header: header.signatureHeader, payload };
  const data = encode(Transaction, { actions: [action] });
  return { payload: encode(Payload, { header, data }), signature: EMPTY_BYTES };
}

/** What the chaincode returned, as it was endorsed. Undefined where the payload holds no result. */
export function resultOf(response: ProposalResponse): Uint8Array | undefined {
  const payload = tryDecode(ProposalResponsePayload, response.payload);
  const action = payload && tryDecode(ChaincodeAction, payload.extension);
  return action && (action.response?.payload ?? EMPTY_BYTES);
}

function uniqueEndorsements(endorsements: readonly Endorsement[]): Endorsement[] {
  return [...new Map(endorsements.map((each) => [sha256Hex(each.endorser), each])).values()];
}
