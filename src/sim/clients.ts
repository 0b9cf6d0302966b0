/** Clients of a simulated network: on machines of their own, over the network, with what they know when a call is over. */
import { utf8 } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import { RpcError, type RpcChannel, type RpcDialer } from "../kernel/ports/rpc.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import { prepareProposal, signEnvelope, type PreparedProposal } from "../network/client/index.ts";
import {
  AtomicBroadcastDefinition,
  ChannelHeader,
  CommitStatusRequest,
  encode,
  GatewayDefinition,
  methodOf,
  Payload,
  Status,
  tryDecode,
  TxValidationCode,
  type Envelope,
} from "../wire/index.ts";
import type { ClientPort, NodeName, Outcome } from "./contracts.ts";
import { CHANNEL_ID, ORDERER_PORT, PEER_PORT } from "./material.ts";

const endorse = methodOf(GatewayDefinition, "endorse");
const submit = methodOf(GatewayDefinition, "submit");
const commitStatus = methodOf(GatewayDefinition, "commitStatus");
const broadcast = methodOf(AtomicBroadcastDefinition, "broadcast");

/** Shorter than Fabric's clients wait: a run has only minutes. */
const CALL_TIMEOUT_MS = 10_000;
const COMMIT_TIMEOUT_MS = 20_000;

export interface ClientDeps {
  readonly dialer: RpcDialer;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the organisation of that peer, and whether its certificate has ended. */
  readonly signerAt: (peer: NodeName) => { readonly signer: Signer; readonly isExpired: boolean };
}

export class SimulatedClients implements Pick<ClientPort, "transact" | "resend" | "sneak"> {
  readonly #deps: ClientDeps;
  readonly #channels = new Map<string, RpcChannel>();

  constructor(deps: ClientDeps) {
    this.#deps = deps;
  }

  async transact(
    peer: NodeName,
    contract: string,
    fn: string,
    args: readonly string[],
  ): Promise<Outcome> {
    const { signer, isExpired } = this.#deps.signerAt(peer);
    const outcome = await this.#transactAs(signer, peer, contract, [fn, ...args]);
    return isExpired ? { ...outcome, isExpired } : outcome;
  }

  async sneak(
    peer: NodeName,
    orderer: NodeName,
    [contract, ...call]: readonly [string, string, ...(readonly string[])],
    spoil: (prepared: Envelope) => Envelope,
  ): Promise<Outcome> {
    const { signer } = this.#deps.signerAt(peer);
    const proposal = await this.#prepare(signer, contract, call);
    let envelope: Envelope;
    try {
      envelope = await signEnvelope(signer, spoil(await this.#endorse(peer, proposal)));
    } catch (error) {
      return { kind: "refused", reason: errorMessage(error) };
    }
    return this.resend(orderer, envelope);
  }

  #prepare(signer: Signer, contract: string, call: readonly string[]): Promise<PreparedProposal> {
    const { clock, random } = this.#deps;
    const args = call.map((text) => utf8(text));
    return prepareProposal(
      { signer, clock, random },
      { channelId: CHANNEL_ID, chaincode: contract, args },
    );
  }

  async #transactAs(
    signer: Signer,
    peer: NodeName,
    contract: string,
    call: readonly string[],
  ): Promise<Outcome> {
    const proposal = await this.#prepare(signer, contract, call);
    let envelope: Envelope;
    try {
      envelope = await signEnvelope(signer, await this.#endorse(peer, proposal));
    } catch (error) {
      // Nobody has seen a transaction yet.
      return { kind: "refused", reason: errorMessage(error) };
    }
    return this.#order(peer, proposal, envelope, signer);
  }

  async resend(orderer: NodeName, envelope: Envelope): Promise<Outcome> {
    const stream = this.#at(`${orderer}:${ORDERER_PORT}`).stream(broadcast, {
      timeoutMs: CALL_TIMEOUT_MS,
    });
    try {
      await stream.send(envelope);
      stream.end();
      for await (const { status, info } of stream.responses) {
        if (status !== Status.SUCCESS) return { kind: "refused", reason: info, envelope };
        // Of its verdict nothing is known.
        return {
          kind: "acknowledged",
          txId: txIdOf(envelope),
          code: TxValidationCode.NOT_VALIDATED,
          envelope,
        };
      }
    } catch {
      // The answer was lost, or there was none.
    } finally {
      stream.cancel();
    }
    return { kind: "unknown", txId: txIdOf(envelope), envelope };
  }

  async #endorse(peer: NodeName, proposal: PreparedProposal): Promise<Envelope> {
    const { preparedTransaction } = await this.#gateway(peer).unary(
      endorse,
      {
        transactionId: proposal.transactionId,
        channelId: proposal.channelId,
        proposedTransaction: proposal.signed,
        endorsingOrganizations: [],
      },
      { timeoutMs: CALL_TIMEOUT_MS },
    );
    if (preparedTransaction !== undefined) return preparedTransaction;
    throw new RpcError("INTERNAL", "the gateway answered without a transaction");
  }

  async #order(
    peer: NodeName,
    proposal: PreparedProposal,
    envelope: Envelope,
    signer: Signer,
  ): Promise<Outcome> {
    const { transactionId, channelId } = proposal;
    let isOrdered = false;
    try {
      await this.#gateway(peer).unary(
        submit,
        { transactionId, channelId, preparedTransaction: envelope },
        { timeoutMs: CALL_TIMEOUT_MS },
      );
      isOrdered = true;
      const request = encode(CommitStatusRequest, {
        transactionId,
        channelId,
        identity: signer.identity,
      });
      const { result } = await this.#gateway(peer).unary(
        commitStatus,
        { request, signature: await signer.sign(request) },
        { timeoutMs: COMMIT_TIMEOUT_MS },
      );
      return { kind: "acknowledged", txId: transactionId, code: result, envelope };
    } catch {
      // An orderer may have it, whatever the gateway could learn.
      return { kind: "unknown", txId: transactionId, envelope, isOrdered };
    }
  }

  #gateway(peer: NodeName): RpcChannel {
    return this.#at(`${peer}:${PEER_PORT}`);
  }

  #at(address: string): RpcChannel {
    const known = this.#channels.get(address);
    if (known !== undefined) return known;
    const channel = this.#deps.dialer.dial({ address, tls: { rootsPem: [] } });
    this.#channels.set(address, channel);
    return channel;
  }
}

function txIdOf(envelope: Envelope): string {
  const payload = tryDecode(Payload, envelope.payload);
  const header = payload?.header && tryDecode(ChannelHeader, payload.header.channelHeader);
  return header?.txId ?? "";
}
