/** What a client signs: a proposal, and the transaction that its endorsements make. */
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import type { Envelope, SignedProposal } from "../../wire/index.ts";
import {
  ChaincodeActionPayload,
  ChaincodeHeaderExtension,
  ChaincodeInvocationSpec,
  ChaincodeProposalPayload,
  ChaincodeSpec_Type,
  ChannelHeader,
  create,
  decode,
  encode,
  Header,
  HeaderType,
  Payload,
  Proposal,
  SignatureHeader,
  timestampFromMs,
  Transaction,
  transactionId,
  type ProposalResponse,
} from "../../wire/index.ts";

/** Length of a nonce, as Fabric's clients choose it. */
const NONCE_BYTES = 24;

export interface ProposalSource {
  readonly signer: Signer;
  readonly clock: Clock;
  readonly random: Random;
}

export interface ProposalRequest {
  /** Empty for the node itself (installing a package). */
  readonly channelId: string;
  readonly chaincode: string;
  readonly args: readonly Uint8Array[];
  /** For the endorsers alone: no block holds it. */
  readonly transient?: ReadonlyMap<string, Uint8Array>;
}

export interface PreparedProposal {
  readonly transactionId: string;
  readonly channelId: string;
  readonly signed: SignedProposal;
}

export async function prepareProposal(
  source: ProposalSource,
  request: ProposalRequest,
): Promise<PreparedProposal> {
  const nonce = source.random.bytes(NONCE_BYTES);
  const creator = source.signer.identity;
  const id = transactionId(nonce, creator);
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.ENDORSER_TRANSACTION,
    timestamp: timestampFromMs(source.clock.wallMs()),
    channelId: request.channelId,
    txId: id,
    extension: encode(
      ChaincodeHeaderExtension,
      create(ChaincodeHeaderExtension, { chaincodeId: { name: request.chaincode } }),
    ),
  });
  const header: Header = {
    channelHeader: encode(ChannelHeader, channelHeader),
    signatureHeader: encode(SignatureHeader, { creator, nonce }),
  };
  const proposalBytes = encode(Proposal, {
    header: encode(Header, header),
    payload: encode(ChaincodeProposalPayload, {
      input: encode(ChaincodeInvocationSpec, invocation(request)),
      transientMap: new Map(request.transient),
    }),
    extension: new Uint8Array(0),
  });
  const signature = await source.signer.sign(proposalBytes);
  return { transactionId: id, channelId: request.channelId, signed: { proposalBytes, signature } };
}

function invocation(request: ProposalRequest): ChaincodeInvocationSpec {
  return create(ChaincodeInvocationSpec, {
    chaincodeSpec: {
      type: ChaincodeSpec_Type.NODE,
      chaincodeId: { name: request.chaincode },
      input: { args: [...request.args] },
    },
  });
}

/** The envelope, not yet signed, that `responses` (agreeing, at least one) make of a proposal. */
export function assembleTransaction(
  proposal: PreparedProposal,
  responses: readonly ProposalResponse[],
): Envelope {
  const { header, payload } = decode(Proposal, proposal.signed.proposalBytes);
  const headers = decode(Header, header);
  const endorsements = responses.flatMap(({ endorsement }) =>
    endorsement === undefined ? [] : [endorsement],
  );
  const action = encode(ChaincodeActionPayload, {
    chaincodeProposalPayload: payload,
    action: { proposalResponsePayload: responses[0]?.payload ?? new Uint8Array(0), endorsements },
  });
  const transaction = encode(Transaction, {
    actions: [{ header: headers.signatureHeader, payload: action }],
  });
  return {
    payload: encode(Payload, { header: headers, data: transaction }),
    signature: new Uint8Array(0),
  };
}

/** The envelope with the client's signature over its payload. */
export async function signEnvelope(signer: Signer, envelope: Envelope): Promise<Envelope> {
  return { payload: envelope.payload, signature: await signer.sign(envelope.payload) };
}
