import { sha256Hex } from "../crypto/index.ts";
import { errorMessage, HeddleError } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Counter, Meter } from "../kernel/ports/meter.ts";
import {
  RpcError,
  serveStream,
  type RpcBinding,
  type RpcCall,
  type RpcDialer,
} from "../kernel/ports/rpc.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import {
  ChaincodeSupportDefinition,
  methodOf,
  Response,
  tryDecode,
  type ChaincodeEvent,
  type ChaincodeInput,
  type ChaincodeSpec,
  type SignedProposal,
} from "../wire/index.ts";
import { ChaincodeProcesses, type StartedChaincode } from "./chaincode-processes.ts";
import { ChaincodeStream, type MessagePipe, type StreamOutcome } from "./chaincode-stream.ts";
import { collectionRefusal } from "./core/collection-access.ts";
import type { ChaincodeDefinition } from "./core/definition.ts";
import type { ChaincodeResolution } from "./core/deployed-chaincodes.ts";
import { checkInit, encodeCallAnswer, encodeInput, parseCallee } from "./core/invocation.ts";
import type { PackageMetadata } from "./core/package-metadata.ts";
import type { RequestAnswer } from "./core/state-requests.ts";
import type { ChaincodeRun } from "./core/transaction.ts";
import { ChaincodeError } from "./errors.ts";
import type { ChaincodeRunner } from "./lifecycle.ts";
import { CALL_DEPTH_MAX, EXECUTE_TIMEOUT_MS, STARTUP_TIMEOUT_MS } from "./limits.ts";
import type { PackageStore } from "./package-store.ts";
import type {
  ChaincodeRuntime,
  CredentialIssuer,
  LifecycleChannel,
  PackageArchive,
  StateAccess,
} from "./ports.ts";
import { connectService, isService } from "./service-connection.ts";

export interface ChaincodeSupportDeps {
  readonly packages: PackageStore;
  readonly archive: PackageArchive;
  readonly runtimes: readonly ChaincodeRuntime[];
  /** Dials chaincodes that run as a service. */
  readonly dialer: RpcDialer;
  /** The package behind a chaincode that another one calls: `Lifecycle.resolve`. */
  readonly resolve: (
    channelId: string,
    chaincodeName: string,
    state: StateAccess,
  ) => ChaincodeResolution;
  readonly channelOf: (channelId: string) => LifecycleChannel | undefined;
  /** Present when the listener for chaincodes speaks TLS: a process is known by the certificate it was given. */
  readonly credentials?: CredentialIssuer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface ChaincodeSupportOptions {
  readonly executeTimeoutMs?: number;
  readonly startupTimeoutMs?: number;
}

/** One invocation, as the endorser asks for it. */
export interface ExecuteCall {
  readonly channelId: string;
  readonly txId: string;
  readonly chaincodeName: string;
  readonly definition: ChaincodeDefinition;
  readonly packageId: string;
  readonly input: ChaincodeInput;
  readonly signedProposal: SignedProposal;
  /** Must stay open until `execute` resolves; not used afterwards. */
  readonly simulator: StateAccess;
  /** Aborting gives up on the transaction. */
  readonly signal: AbortSignal;
}

/** `message` is the whole text in Fabric's words, `failed to execute transaction <id>: …` where it has them. */
export type ExecuteResult =
  | {
      readonly ok: true;
      readonly response: Response;
      /** With the chaincode's name and the transaction's id, whatever the contract wrote there. */
      readonly event?: ChaincodeEvent;
    }
  | { readonly ok: false; readonly message: string };

/** A call that runs: what it calls must end with it, because the simulator is closed afterwards. */
interface RunningExecution extends Execution {
  readonly ended: AbortSignal;
}

/** A call on its way through chaincodes that call each other. */
interface Execution {
  readonly call: ExecuteCall;
  readonly depth: number;
  /** Set once the first chaincode has been launched: the time for a launch is its own. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal;
}

// Aborting without a reason makes one, with a stack, which costs more than to abort.
const OVER = new Error("the invocation is over");

/** Runs contracts in processes of their own. One process serves all channels that use its package. */
export class ChaincodeSupport implements ChaincodeRunner {
  readonly #deps: ChaincodeSupportDeps;
  readonly #executeTimeoutMs: number;
  readonly #startupTimeoutMs: number;
  readonly #processes: ChaincodeProcesses;
  readonly #executions = new Map<ChaincodeRun, RunningExecution>();
  /** Fingerprint of the certificate that a package's newest process was given. */
  readonly #fingerprints = new Map<string, string>();
  readonly #executeTimeouts: Counter;

  constructor(deps: ChaincodeSupportDeps, options: ChaincodeSupportOptions = {}) {
    this.#deps = deps;
    this.#executeTimeoutMs = options.executeTimeoutMs ?? EXECUTE_TIMEOUT_MS;
    this.#startupTimeoutMs = options.startupTimeoutMs ?? STARTUP_TIMEOUT_MS;
    this.#processes = new ChaincodeProcesses({
      ...deps,
      start: (packageId) => this.#start(packageId),
    });
    this.#executeTimeouts = deps.meter.counter({
      name: "chaincode_execute_timeouts",
      help: "The number of chaincode executions (Init or Invoke) that have timed out.",
      labels: ["chaincode"],
    });
  }

  /** `/protos.ChaincodeSupport/Register`, for the listener that chaincode processes dial. */
  bindings(): readonly RpcBinding[] {
    return [
      serveStream(
        methodOf(ChaincodeSupportDefinition, "register"),
        async (incoming, send, call) => {
          const reason = await this.#serve({ incoming, send }, (packageId) =>
            this.#registrationRefusal(packageId, call),
          );
          throw new RpcError("UNKNOWN", `chaincode stream ended: ${reason}`);
        },
      ),
    ];
  }

  unsupported(metadata: PackageMetadata): string | undefined {
    if (isService(metadata) || this.#runtimeFor(metadata) !== undefined) return undefined;
    return `this peer runs no chaincode of type '${metadata.type}': package it as 'node' or run it as a service ('ccaas')`;
  }

  keep(packageIds: ReadonlySet<string>): void {
    this.#processes.keep(packageIds);
  }

  /** Runs a contract. Never rejects for what a contract, a process or a client does. */
  async execute(call: ExecuteCall): Promise<ExecuteResult> {
    return this.#execute({ call, depth: 1, deadlineMs: undefined, signal: call.signal });
  }

  /** Stops every process and resolves when they are gone. */
  async close(): Promise<void> {
    await this.#processes.close();
  }

  async #execute(execution: Execution): Promise<ExecuteResult> {
    const { call } = execution;
    const { txId, definition, simulator, packageId } = call;
    const failed = (reason: string): ExecuteResult => ({
      ok: false,
      message: `failed to execute transaction ${txId}: ${reason}`,
    });
    try {
      const check = checkInit(simulator, definition, call.input.isInit);
      if (!check.ok) return failed(`invalid invocation: ${check.reason}`);
      const stream = await whileWanted(this.#processes.streamOf(packageId), execution.signal);
      if (stream === undefined) return failed("the client is gone");
      const outcome = await this.#run(stream, execution, check.isInit);
      return resultOf(outcome, call, failed);
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      return failed(error.message);
    }
  }

  async #run(
    stream: ChaincodeStream,
    execution: Execution,
    isInit: boolean,
  ): Promise<StreamOutcome> {
    const { call, signal } = execution;
    const run = this.#runOf(call, isInit);
    const ended = new AbortController();
    const nowMs = this.#deps.clock.monotonicMs();
    const deadlineMs = execution.deadlineMs ?? nowMs + this.#executeTimeoutMs;
    this.#executions.set(run, { ...execution, deadlineMs, ended: ended.signal });
    try {
      const outcome = await stream.execute(run, Math.max(deadlineMs - nowMs, 0), signal);
      if (outcome.kind === "timed-out") this.#timedOut(call, outcome.isHung);
      return outcome;
    } finally {
      this.#executions.delete(run);
      ended.abort(OVER);
    }
  }

  #runOf(call: ExecuteCall, isInit: boolean): ChaincodeRun {
    const { channelId, txId, chaincodeName, signedProposal, simulator } = call;
    return {
      channelId,
      txId,
      namespace: chaincodeName,
      isInit,
      input: encodeInput(call.input, isInit),
      signedProposal,
      state: simulator,
      collectionRefusal: (collection, operation) => {
        const channel = this.#deps.channelOf(channelId);
        if (channel === undefined) return `channel '${channelId}' not found`;
        const use = {
          channelId,
          channel,
          namespace: chaincodeName,
          signedProposal,
          state: simulator,
        };
        return collectionRefusal(use, collection, operation);
      },
    };
  }

  // Fabric leaves such a process alone; then one endless loop in a contract stops it for good.
  #timedOut({ chaincodeName, packageId, txId }: ExecuteCall, isHung: boolean): void {
    this.#executeTimeouts.add(1, { chaincode: chaincodeName });
    this.#deps.logger.warn("chaincode execution timed out", { chaincodeName, txId, isHung });
    if (isHung) this.#processes.kill(packageId);
  }

  async #callOther(run: ChaincodeRun, spec: ChaincodeSpec): Promise<RequestAnswer> {
    const execution = this.#executions.get(run);
    if (execution === undefined) return refused("could not get valid transaction");
    const { name, channelId } = parseCallee(spec.chaincodeId?.name ?? "");
    if (channelId !== "" && channelId !== run.channelId) {
      return refused("calls to chaincodes on other channels are not supported by this peer");
    }
    if (execution.depth >= CALL_DEPTH_MAX) {
      return refused(`chaincodes call each other ${execution.depth} deep, which is the limit`);
    }
    const resolution = this.#deps.resolve(run.channelId, name, run.state);
    if (!resolution.ok) {
      return refused(
        `execute failed: invalid invocation: [channel ${run.channelId}] failed to get chaincode container info for ${name}: ${resolution.reason}`,
      );
    }
    return this.#executeCalled(execution, resolution, spec.input);
  }

  async #executeCalled(
    { ended, ...caller }: RunningExecution,
    target: ChaincodeResolution & { readonly ok: true },
    input: ChaincodeInput | undefined,
  ): Promise<RequestAnswer> {
    const { channelId, txId } = caller.call;
    const called: ExecuteCall = {
      ...caller.call,
      chaincodeName: target.definition.name,
      definition: target.definition,
      packageId: target.packageId,
      // Fabric: a chaincode cannot initialise another.
      input: { args: input?.args ?? [], decorations: new Map(), isInit: false },
    };
    // Made here and not for every run: few call others, and it costs more than the rest of a run's bookkeeping.
    const signal = AbortSignal.any([caller.signal, ended]);
    const result = await this.#execute({
      ...caller,
      call: called,
      depth: caller.depth + 1,
      signal,
    });
    if (!result.ok && !result.message.startsWith(CONTRACT_FAILURE)) {
      return refused(`execute failed: ${result.message}`);
    }
    return { ok: true, payload: encodeCallAnswer(channelId, txId, result) };
  }

  async #start(packageId: string): Promise<StartedChaincode> {
    const { metadata, code } = await this.#deps.packages.open(packageId);
    if (isService(metadata)) {
      return connectService({ ...this.#deps, packageId, code }, (pipe) =>
        this.#serve(pipe, (registering) =>
          registering === packageId
            ? this.#processes.registrationRefusal(packageId)
            : `the service runs as ${registering}, not as ${packageId}: set its chaincode id to the package id`,
        ),
      );
    }
    const runtime = this.#runtimeFor(metadata);
    if (runtime === undefined) {
      throw new ChaincodeError("launch-failed", this.unsupported(metadata) ?? metadata.type);
    }
    const credentials = await this.#deps.credentials?.issue(packageId);
    if (credentials !== undefined) {
      this.#fingerprints.set(packageId, sha256Hex(credentials.certificateDer));
    }
    const process = await runtime.start({ packageId, metadata, code, credentials });
    return { process, isSupervised: true, registerTimeoutMs: this.#startupTimeoutMs };
  }

  async #serve(
    pipe: MessagePipe,
    registrationRefusal: (packageId: string) => string | undefined,
  ): Promise<string> {
    let registeredId: string | undefined;
    const stream = new ChaincodeStream({
      ...this.#deps,
      pipe,
      registrationRefusal,
      onRegistered: (packageId, registered) => {
        registeredId = packageId;
        this.#processes.registered(packageId, registered);
      },
      onCall: async (run, spec) => {
        try {
          return await this.#callOther(run, spec);
        } catch (error) {
          if (!(error instanceof HeddleError)) throw error;
          return refused(errorMessage(error));
        }
      },
    });
    const reason = await stream.serve();
    if (registeredId !== undefined) this.#processes.streamEnded(registeredId, stream, reason);
    else this.#deps.logger.warn("chaincode registration refused", { reason });
    return reason;
  }

  #registrationRefusal(packageId: string, call: RpcCall): string | undefined {
    if (this.#deps.credentials !== undefined) {
      const { peerCertificate } = call;
      if (peerCertificate === undefined) {
        return `TLS is active but chaincode ${packageId} didn't send certificate`;
      }
      if (this.#fingerprints.get(packageId) !== sha256Hex(peerCertificate)) {
        return `chaincode ${packageId} was not given the certificate that it presents`;
      }
    }
    return this.#processes.registrationRefusal(packageId);
  }

  #runtimeFor(metadata: PackageMetadata): ChaincodeRuntime | undefined {
    return this.#deps.runtimes.find((runtime) => runtime.canRun(metadata));
  }
}

/** Fabric: what a contract answered by itself is told without the transaction's id. */
const CONTRACT_FAILURE = "transaction returned with failure: ";

function resultOf(
  outcome: StreamOutcome,
  { chaincodeName, txId }: ExecuteCall,
  failed: (reason: string) => ExecuteResult,
): ExecuteResult {
  switch (outcome.kind) {
    case "completed": {
      const response = tryDecode(Response, outcome.payload);
      if (response === undefined) {
        return { ok: false, message: `failed to unmarshal response for transaction ${txId}` };
      }
      if (outcome.event === undefined) return { ok: true, response };
      const event = { ...outcome.event, chaincodeId: chaincodeName, txId };
      return { ok: true, response, event };
    }
    case "error":
      return { ok: false, message: CONTRACT_FAILURE + outcome.text };
    case "refused":
      return failed(`error sending: ${outcome.reason}`);
    case "terminated":
      return failed("error sending: chaincode stream terminated");
    case "timed-out":
      return failed("error sending: timeout expired while executing transaction");
    case "cancelled":
      return failed("error sending: the client is gone");
  }
}

function refused(reason: string): RequestAnswer {
  return { ok: false, reason };
}

/** `awaited`, or undefined as soon as `signal` is aborted. */
function whileWanted<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      resolve(undefined);
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    awaited.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", stop);
    });
  });
}
