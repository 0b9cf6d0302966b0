import type { SystemChaincode } from "../chaincode/index.ts";
import { ConcurrencyLimit } from "../kernel/concurrency-limit.ts";
import { concatBytes } from "../kernel/bytes.ts";
import { HeddleError, errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import { RpcError, serveUnary, type RpcBinding, type RpcCall } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { MspManager } from "../msp/index.ts";
import {
  EndorserDefinition,
  ProposalResponse,
  create,
  methodOf,
  type Partially,
  type SignedProposal,
} from "../wire/index.ts";
import { responsePayload } from "./core/response-payload.ts";
import { unpackProposal, type UnpackedProposal } from "./core/unpack-proposal.ts";
import { PROPOSALS_MAX, PROPOSAL_TIME_WINDOW_MS } from "./limits.ts";
import { endorserMetrics, type EndorserMetrics } from "./metrics.ts";
import type {
  ChaincodeDirectory,
  ChaincodeExecutor,
  EndorserChannel,
  EndorserChannels,
  PrivateDistributor,
} from "./ports.ts";
import { ProposalGate } from "./proposal-gate.ts";
import { simulate, type Simulation } from "./simulation.ts";

/**
 * The answer to a proposal. "rejected": the proposal itself is at fault, or its creator; remote callers get an RPC error with
 * `message`. "response": whatever the chaincode and the peer made of it, good or bad.
 */
export type EndorserAnswer =
  | { readonly kind: "response"; readonly response: ProposalResponse }
  | {
      readonly kind: "rejected";
      readonly response: ProposalResponse;
      readonly message: string;
    };

export interface EndorserDeps {
  readonly channels: EndorserChannels;
  /** Of the peer's own organisation, for proposals without a channel. */
  readonly localMsps: MspManager;
  readonly directory: ChaincodeDirectory;
  readonly executor: ChaincodeExecutor;
  /** Absent: private writes stay at this peer until others ask for them. */
  readonly distributor?: PrivateDistributor;
  /** The chaincodes that are part of the peer. */
  readonly systemChaincodes: readonly SystemChaincode[];
  readonly signer: Signer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface EndorserOptions {
  /** Default 15 minutes; a whole number of minutes. */
  readonly timeWindowMs?: number;
}

const STATUS_REFUSED = 400;
const STATUS_ERROR = 500;
const BUILT_IN_PLUGIN = "escc";

/** Runs proposals and signs what came of them. Fabric: `core/endorser`, check for check and text for text. */
export class Endorser {
  readonly #deps: EndorserDeps;
  readonly #system: ReadonlyMap<string, SystemChaincode>;
  readonly #gate: ProposalGate;
  readonly #metrics: EndorserMetrics;

  constructor(deps: EndorserDeps, options: EndorserOptions = {}) {
    this.#deps = deps;
    this.#system = new Map(deps.systemChaincodes.map((chaincode) => [chaincode.name, chaincode]));
    this.#metrics = endorserMetrics(deps.meter);
    this.#gate = new ProposalGate(
      {
        ...deps,
        metrics: this.#metrics,
        isSystem: (name) => this.#system.has(name),
      },
      { timeWindowMs: options.timeWindowMs ?? PROPOSAL_TIME_WINDOW_MS },
    );
  }

  /** Never rejects for what a client or a chaincode does. Aborting `call.signal` gives up on the chaincode. */
  async processProposal(
    signed: SignedProposal,
    call: Pick<RpcCall, "signal">,
  ): Promise<EndorserAnswer> {
    this.#metrics.proposalsReceived.add(1);
    const unpacked = unpackProposal(signed);
    if (!unpacked.ok) {
      this.#metrics.validationFailures.add(1);
      return this.#rejected(unpacked.message);
    }
    const { proposal } = unpacked;
    const stale = this.#gate.staleness(proposal);
    if (stale !== undefined) return this.#rejected(stale);
    const { channelId } = proposal;
    const channel = channelId === "" ? undefined : this.#deps.channels.channel(channelId);
    if (channelId !== "" && channel === undefined) {
      return failed(`channel '${channelId}' not found`);
    }
    const rejection = await this.#gate.rejection(proposal, channel);
    if (rejection !== undefined) return this.#rejected(rejection);
    return this.#process(proposal, channel, call.signal);
  }

  async #process(
    proposal: UnpackedProposal,
    channel: EndorserChannel | undefined,
    signal: AbortSignal,
  ): Promise<EndorserAnswer> {
    const { clock } = this.#deps;
    const startMs = clock.monotonicMs();
    const simulation = await this.#simulate(proposal, channel, signal);
    const answer = await this.#answer(proposal, simulation);
    const isEndorsed =
      answer.response.endorsement !== undefined ||
      (channel === undefined && answer.response.payload.length === 0);
    if (isEndorsed) this.#metrics.successfulProposals.add(1);
    this.#metrics.proposalSeconds.observe((clock.monotonicMs() - startMs) / 1_000, {
      ...labelsOf(proposal),
      success: String(isEndorsed),
    });
    return answer;
  }

  async #simulate(
    proposal: UnpackedProposal,
    channel: EndorserChannel | undefined,
    signal: AbortSignal,
  ): Promise<Simulation> {
    const { directory, executor, distributor } = this.#deps;
    try {
      const deps = { system: this.#system, directory, executor, distributor };
      return await simulate(deps, proposal, channel, signal);
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      return { kind: "failed", isRun: true, message: error.message };
    }
  }

  async #answer(proposal: UnpackedProposal, simulation: Simulation): Promise<EndorserAnswer> {
    if (simulation.kind === "failed") {
      const { isRun, message } = simulation;
      if (isRun) this.#metrics.simulationFailures.add(1, labelsOf(proposal));
      const text = isRun ? `error in simulation: ${message}` : message;
      this.#deps.logger.warn("failed to invoke chaincode", { ...labelsOf(proposal), reason: text });
      return failed(text);
    }
    const { response, interest } = simulation;
    const payload = responsePayload({
      ...simulation,
      proposalHash: proposal.proposalHash,
      chaincode: { name: proposal.chaincodeName, version: simulation.version },
    });
    if (response.status >= STATUS_ERROR) return answered({ response, payload, interest });
    // Without a channel there is no transaction, so nothing to endorse.
    if (proposal.channelId === "") return answered({ response });
    if (response.status >= STATUS_REFUSED) {
      this.#metrics.endorsementFailures.add(1, { ...labelsOf(proposal), chaincodeerror: "true" });
      return answered({ response });
    }
    return this.#endorse(proposal, simulation, payload);
  }

  async #endorse(
    proposal: UnpackedProposal,
    simulation: Simulation & { readonly kind: "done" },
    payload: Uint8Array,
  ): Promise<EndorserAnswer> {
    const { signer } = this.#deps;
    const { response, interest, endorsementPlugin } = simulation;
    if (endorsementPlugin !== BUILT_IN_PLUGIN) {
      return this.#notEndorsed(proposal, `plugin with name ${endorsementPlugin} wasn't found`);
    }
    try {
      const signature = await signer.sign(concatBytes(payload, signer.identity));
      const endorsement = { endorser: signer.identity, signature };
      return answered({ version: 1, response, payload, endorsement, interest });
    } catch (error) {
      return this.#notEndorsed(proposal, errorMessage(error));
    }
  }

  #notEndorsed(proposal: UnpackedProposal, reason: string): EndorserAnswer {
    this.#metrics.endorsementFailures.add(1, { ...labelsOf(proposal), chaincodeerror: "false" });
    this.#deps.logger.error("cannot endorse", { ...labelsOf(proposal), reason });
    return failed(`endorsing with plugin failed: ${reason}`);
  }

  #rejected(message: string): EndorserAnswer {
    this.#deps.logger.warn("proposal rejected", { reason: message });
    return { kind: "rejected", response: failureResponse(message), message };
  }
}

/** `protos.Endorser/ProcessProposal`. A rejected proposal is an RPC error of status UNKNOWN, as Fabric's. */
export function endorserBinding(
  endorser: Endorser,
  options: { readonly proposalsMax?: number } = {},
): RpcBinding {
  const limit = new ConcurrencyLimit("/protos.Endorser", options.proposalsMax ?? PROPOSALS_MAX);
  return serveUnary(methodOf(EndorserDefinition, "processProposal"), (signed, call) =>
    limit.run(async () => {
      const answer = await endorser.processProposal(signed, call);
      if (answer.kind === "rejected") throw new RpcError("UNKNOWN", answer.message);
      return answer.response;
    }),
  );
}

function labelsOf({ channelId, chaincodeName }: UnpackedProposal): {
  readonly channel: string;
  readonly chaincode: string;
} {
  return { channel: channelId, chaincode: chaincodeName };
}

function answered(fields: Partially<ProposalResponse>): EndorserAnswer {
  return { kind: "response", response: create<ProposalResponse>(ProposalResponse, fields) };
}

function failed(message: string): EndorserAnswer {
  return { kind: "response", response: failureResponse(message) };
}

function failureResponse(message: string): ProposalResponse {
  return create(ProposalResponse, { response: { status: STATUS_ERROR, message } });
}
