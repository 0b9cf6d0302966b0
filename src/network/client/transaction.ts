/** Reads what a transaction in a block or in a client's hand says, without judging it. */
import {
  ChaincodeAction,
  ChaincodeActionPayload,
  Payload,
  ProposalResponsePayload,
  Transaction,
  tryDecode,
  type Envelope,
  type Response,
} from "../../wire/index.ts";

/** The contract's answer that the endorsers signed, or undefined where the envelope holds none. */
export function chaincodeResponse(envelope: Envelope): Response | undefined {
  return chaincodeAction(envelope)?.response;
}

export function chaincodeAction(envelope: Envelope): ChaincodeAction | undefined {
  const payload = tryDecode(Payload, envelope.payload);
  const transaction = payload && tryDecode(Transaction, payload.data);
  const action = transaction?.actions[0];
  const actionPayload = action && tryDecode(ChaincodeActionPayload, action.payload);
  const endorsed = actionPayload?.action;
  const response = endorsed && tryDecode(ProposalResponsePayload, endorsed.proposalResponsePayload);
  return response && tryDecode(ChaincodeAction, response.extension);
}
