/**
 * One identity's view of a network, over Fabric's own services: what the command line and the administration of
 * a development network need. Programs use `@hyperledger/fabric-gateway`.
 */
import { equalBytes, utf8 } from "../../kernel/bytes.ts";
import { errorMessage } from "../../kernel/error.ts";
import { RpcError, type RpcChannel } from "../../kernel/ports/rpc.ts";
import {
  Block,
  ChannelHeader,
  CommitStatusRequest,
  create,
  decode,
  DeliverDefinition,
  encode,
  EndorserDefinition,
  GatewayDefinition,
  HeaderType,
  methodOf,
  Payload,
  SeekInfo,
  SeekInfo_SeekBehavior,
  SignatureHeader,
  Status,
  timestampFromMs,
  TxValidationCode,
  type Envelope,
  type ProposalResponse,
  type Response,
  type SeekPosition,
} from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";
import {
  assembleTransaction,
  prepareProposal,
  signEnvelope,
  type PreparedProposal,
  type ProposalRequest,
  type ProposalSource,
} from "./proposal.ts";
import { refusalOf } from "./refusal.ts";
import { chaincodeResponse } from "./transaction.ts";

const processProposal = methodOf(EndorserDefinition, "processProposal");
const evaluate = methodOf(GatewayDefinition, "evaluate");
const endorse = methodOf(GatewayDefinition, "endorse");
const submit = methodOf(GatewayDefinition, "submit");
const commitStatus = methodOf(GatewayDefinition, "commitStatus");
const deliver = methodOf(DeliverDefinition, "deliver");

/** Deadlines of Fabric's client samples, except that an endorsement may have to wait for a contract to start. */
const EVALUATE_TIMEOUT_MS = 15_000;
const ENDORSE_TIMEOUT_MS = 30_000;
const SUBMIT_TIMEOUT_MS = 30_000;
const COMMIT_TIMEOUT_MS = 60_000;
/** Installing a package moves it whole, and a contract may have to start. */
const PROPOSAL_TIMEOUT_MS = 60_000;

export interface CommittedResult {
  readonly transactionId: string;
  readonly blockNumber: number;
  /** What the contract returned. */
  readonly result: Uint8Array;
}

export class FabricClient {
  readonly #source: ProposalSource;
  readonly #gateway: RpcChannel;

  /** `gateway`: the peer that serves this client. */
  constructor(source: ProposalSource, gateway: RpcChannel) {
    this.#source = source;
    this.#gateway = gateway;
  }

  /** Runs a transaction on one peer; nothing is recorded. */
  async evaluate(request: ProposalRequest): Promise<Response> {
    const proposal = await this.prepare(request);
    const answer = await this.#call(() =>
      this.#gateway.unary(
        evaluate,
        {
          transactionId: proposal.transactionId,
          channelId: request.channelId,
          proposedTransaction: proposal.signed,
          targetOrganizations: [],
        },
        { timeoutMs: EVALUATE_TIMEOUT_MS },
      ),
    );
    return answer.result ?? { status: 0, message: "", payload: new Uint8Array(0) };
  }

  /** Endorses by the gateway's plan, submits, and waits until the peer has committed it. */
  async invoke(request: ProposalRequest): Promise<CommittedResult> {
    const proposal = await this.prepare(request);
    const prepared = await this.endorse(proposal);
    const committed = await this.submit(proposal, prepared);
    return { ...committed, result: resultOf(prepared) };
  }

  prepare(request: ProposalRequest): Promise<PreparedProposal> {
    return prepareProposal(this.#source, request);
  }

  /** The unsigned transaction that the gateway collected endorsements for. */
  async endorse(
    proposal: PreparedProposal,
    organizations: readonly string[] = [],
  ): Promise<Envelope> {
    const answer = await this.#call(() =>
      this.#gateway.unary(
        endorse,
        {
          transactionId: proposal.transactionId,
          channelId: proposal.channelId,
          proposedTransaction: proposal.signed,
          endorsingOrganizations: [...organizations],
        },
        { timeoutMs: ENDORSE_TIMEOUT_MS },
      ),
    );
    if (answer.preparedTransaction === undefined) {
      throw new NetworkError("refused", "the gateway answered without a transaction");
    }
    return answer.preparedTransaction;
  }

  /** Asks these peers themselves; every one must endorse, and all must say the same. */
  async endorseAt(proposal: PreparedProposal, peers: readonly RpcChannel[]): Promise<Envelope> {
    const responses = await Promise.all(peers.map((peer) => this.propose(proposal, peer)));
    const [first] = responses;
    if (first === undefined) throw new NetworkError("refused", "no peer was asked");
    const differs = responses.findIndex(({ payload }) => !equalBytes(payload, first.payload));
    if (differs >= 0) {
      const names = [peers[0]?.address, peers[differs]?.address].join(" and ");
      throw new NetworkError("refused", `${names} computed different results`);
    }
    return assembleTransaction(proposal, responses);
  }

  /** One peer's answer to a proposal; rejects unless it is below 400. */
  async propose(proposal: PreparedProposal, peer: RpcChannel): Promise<ProposalResponse> {
    const answer = await this.#call(
      () => peer.unary(processProposal, proposal.signed, { timeoutMs: PROPOSAL_TIMEOUT_MS }),
      peer.address,
    );
    const response = answer.response;
    if (response === undefined || response.status >= 400 || response.status < 200) {
      const text = response?.message ?? "no response";
      throw new NetworkError("refused", `${peer.address}: ${text}`, {
        data: { status: response?.status },
      });
    }
    return answer;
  }

  async submit(
    proposal: PreparedProposal,
    envelope: Envelope,
  ): Promise<{ readonly transactionId: string; readonly blockNumber: number }> {
    const { signer } = this.#source;
    const { transactionId, channelId } = proposal;
    const preparedTransaction = await signEnvelope(signer, envelope);
    await this.#call(() =>
      this.#gateway.unary(
        submit,
        { transactionId, channelId, preparedTransaction },
        { timeoutMs: SUBMIT_TIMEOUT_MS },
      ),
    );
    const request = encode(CommitStatusRequest, {
      transactionId,
      channelId,
      identity: signer.identity,
    });
    const signature = await signer.sign(request);
    const status = await this.#call(() =>
      this.#gateway.unary(commitStatus, { request, signature }, { timeoutMs: COMMIT_TIMEOUT_MS }),
    );
    if (status.result !== TxValidationCode.VALID) {
      throw new NetworkError(
        "invalid transaction",
        `transaction ${transactionId} was committed in block ${status.blockNumber} as invalid: ${validationCodeName(status.result)}`,
        { data: { transactionId, blockNumber: status.blockNumber, code: status.result } },
      );
    }
    return { transactionId, blockNumber: status.blockNumber };
  }

  /** The channel's blocks from `start` to `stop`, both included; without end for a large `stop`. */
  async *blocks(options: {
    readonly channelId: string;
    readonly start: SeekPosition;
    readonly stop: SeekPosition;
    /** Default: wait for blocks that are not there yet. */
    readonly behavior?: SeekInfo_SeekBehavior;
    readonly signal?: AbortSignal;
  }): AsyncGenerator<Block, void, undefined> {
    const { signal } = options;
    const stream = this.#gateway.stream(deliver, signal === undefined ? {} : { signal });
    try {
      await stream.send(await this.#seek(options));
      for await (const { type: answer } of stream.responses) {
        if (answer?.$case === "block") yield answer.value;
        else if (answer?.$case === "status") {
          if (answer.value === Status.SUCCESS) return;
          throw new NetworkError("refused", `the peer answered ${statusName(answer.value)}`, {
            data: { status: answer.value },
          });
        }
      }
    } catch (error) {
      throw error instanceof RpcError ? refusalOf(error, this.#gateway.address) : error;
    } finally {
      stream.cancel();
    }
  }

  /** One block; undefined when the channel has none there yet. */
  async block(channelId: string, position: SeekPosition): Promise<Block | undefined> {
    const behavior = SeekInfo_SeekBehavior.FAIL_IF_NOT_READY;
    try {
      for await (const block of this.blocks({
        channelId,
        start: position,
        stop: position,
        behavior,
      })) {
        return block;
      }
    } catch (error) {
      if (!(error instanceof NetworkError) || error.data["status"] !== Status.NOT_FOUND)
        throw error;
    }
    return undefined;
  }

  /** The block that holds a transaction, from the peer's index. */
  async blockOfTransaction(channelId: string, transactionId: string): Promise<Block> {
    const args = ["GetBlockByTxID", channelId, transactionId].map((text) => utf8(text));
    try {
      const { payload } = await this.evaluate({ channelId, chaincode: "qscc", args });
      return decode(Block, payload);
    } catch (error) {
      if (!errorMessage(error).includes("no such transaction ID")) throw error;
      throw new NetworkError(
        "unknown name",
        `${this.#gateway.address} has no transaction ${transactionId} on ${channelId}; one just submitted may come with the next block`,
        { cause: error },
      );
    }
  }

  async #seek(options: {
    readonly channelId: string;
    readonly start: SeekPosition;
    readonly stop: SeekPosition;
    readonly behavior?: SeekInfo_SeekBehavior;
  }): Promise<Envelope> {
    const { signer, clock, random } = this.#source;
    const channelHeader = create(ChannelHeader, {
      type: HeaderType.DELIVER_SEEK_INFO,
      timestamp: timestampFromMs(clock.wallMs()),
      channelId: options.channelId,
    });
    const seek = create(SeekInfo, {
      start: options.start,
      stop: options.stop,
      behavior: options.behavior ?? SeekInfo_SeekBehavior.BLOCK_UNTIL_READY,
    });
    const payload = encode(Payload, {
      header: {
        channelHeader: encode(ChannelHeader, channelHeader),
        signatureHeader: encode(SignatureHeader, {
          creator: signer.identity,
          nonce: random.bytes(24),
        }),
      },
      data: encode(SeekInfo, seek),
    });
    return signEnvelope(signer, { payload, signature: new Uint8Array(0) });
  }

  async #call<T>(run: () => Promise<T>, address = this.#gateway.address): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      throw refusalOf(error, address);
    }
  }
}

function resultOf(envelope: Envelope): Uint8Array {
  return chaincodeResponse(envelope)?.payload ?? new Uint8Array(0);
}

function statusName(status: number): string {
  return Object.entries(Status).find(([, value]) => value === status)?.[0] ?? String(status);
}

/** `MVCC_READ_CONFLICT` for 11. */
export function validationCodeName(code: number): string {
  return Object.entries(TxValidationCode).find(([, value]) => value === code)?.[0] ?? String(code);
}
