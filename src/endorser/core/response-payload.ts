import { EMPTY_BYTES } from "../../kernel/bytes.ts";
import {
  ChaincodeAction,
  ChaincodeEvent,
  ProposalResponsePayload,
  encode,
  type Response,
} from "../../wire/index.ts";

/** What an endorser attests. */
export interface EndorsedResult {
  readonly proposalHash: Uint8Array;
  /** Marshalled `TxReadWriteSet`; empty when nothing was read or written. */
  readonly results: Uint8Array;
  readonly event: ChaincodeEvent | undefined;
  readonly response: Response;
  readonly chaincode: { readonly name: string; readonly version: string };
}

/** The bytes that every endorser of one proposal must arrive at and sign. */
export function responsePayload(result: EndorsedResult): Uint8Array {
  const { event, response, results, chaincode } = result;
  const action = encode(ChaincodeAction, {
    results,
    events: event === undefined ? EMPTY_BYTES : encode(ChaincodeEvent, event),
    response,
    chaincodeId: { path: "", name: chaincode.name, version: chaincode.version },
  });
  return encode(ProposalResponsePayload, { proposalHash: result.proposalHash, extension: action });
}
