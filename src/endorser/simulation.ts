import type { ChaincodeDefinition, StateAccess, SystemChaincode } from "../chaincode/index.ts";
import { EMPTY_BYTES } from "../kernel/bytes.ts";
import type { ChaincodeEvent, ChaincodeInterest, Response } from "../wire/index.ts";
import { chaincodeInterest } from "./core/chaincode-interest.ts";
import type { UnpackedProposal } from "./core/unpack-proposal.ts";
import type {
  ChaincodeDirectory,
  ChaincodeExecutor,
  EndorserChannel,
  PrivateDistributor,
  Simulator,
} from "./ports.ts";

export interface SimulationDeps {
  readonly system: ReadonlyMap<string, SystemChaincode>;
  readonly directory: ChaincodeDirectory;
  readonly executor: ChaincodeExecutor;
  readonly distributor: PrivateDistributor | undefined;
}

/** What running a proposal's chaincode came to. */
export type Simulation =
  | {
      readonly kind: "done";
      readonly response: Response;
      readonly event: ChaincodeEvent | undefined;
      /** Marshalled `TxReadWriteSet`. */
      readonly results: Uint8Array;
      readonly interest: ChaincodeInterest | undefined;
      readonly version: string;
      readonly endorsementPlugin: string;
    }
  /** `isRun` tells a failure of the run from a chaincode that cannot be run at all. */
  | { readonly kind: "failed"; readonly isRun: boolean; readonly message: string };

type Run =
  | { readonly ok: true; readonly response: Response; readonly event?: ChaincodeEvent }
  | { readonly ok: false; readonly message: string };

/** How a chaincode is to be run. */
interface Runnable {
  readonly version: string;
  readonly endorsementPlugin: string;
  run(): Promise<Run>;
}

// Fabric's version of every system chaincode; it is part of what endorsers sign.
const SYSTEM_VERSION = "syscc";
const BUILT_IN_PLUGIN = "escc";

/** Runs the chaincode of one proposal against the state of this moment. Private writes are kept for the commit. */
export async function simulate(
  deps: SimulationDeps,
  proposal: UnpackedProposal,
  channel: EndorserChannel | undefined,
  signal: AbortSignal,
): Promise<Simulation> {
  const simulator = needsState(proposal) ? channel?.ledger.simulate() : undefined;
  try {
    const runnable = findRunnable(deps, proposal, simulator, signal);
    if (!runnable.ok) return { kind: "failed", isRun: false, message: runnable.message };
    const { version, endorsementPlugin } = runnable.value;
    const run = await runnable.value.run();
    if (!run.ok) return { kind: "failed", isRun: true, message: run.message };
    const collected = await collect(deps, proposal, simulator, channel);
    if (!collected.ok) return { kind: "failed", isRun: true, message: collected.message };
    return {
      kind: "done",
      response: run.response,
      event: run.event,
      ...collected.value,
      version,
      endorsementPlugin,
    };
  } finally {
    simulator?.close();
  }
}

// Fabric: these two read the ledger itself.
function needsState({ chaincodeName }: UnpackedProposal): boolean {
  return chaincodeName !== "qscc" && chaincodeName !== "cscc";
}

type RunnableAnswer =
  | { readonly ok: true; readonly value: Runnable }
  | { readonly ok: false; readonly message: string };

function findRunnable(
  deps: SimulationDeps,
  proposal: UnpackedProposal,
  simulator: Simulator | undefined,
  signal: AbortSignal,
): RunnableAnswer {
  const { channelId, chaincodeName } = proposal;
  const system = deps.system.get(chaincodeName);
  if (system !== undefined) return { ok: true, value: systemRunnable(system, proposal, simulator) };
  if (simulator === undefined) {
    return { ok: false, message: undefinedText(proposal, "a channel must be named") };
  }
  const resolution = deps.directory.resolve(channelId, chaincodeName, simulator);
  if (!resolution.ok) return { ok: false, message: undefinedText(proposal, resolution.reason) };
  const { definition, packageId } = resolution;
  return {
    ok: true,
    value: contractRunnable(deps.executor, { definition, packageId, proposal, simulator, signal }),
  };
}

function undefinedText({ channelId, chaincodeName }: UnpackedProposal, reason: string): string {
  return `make sure the chaincode ${chaincodeName} has been successfully defined on channel ${channelId} and try again: ${reason}`;
}

function systemRunnable(
  system: SystemChaincode,
  { channelId, txId, input, signed }: UnpackedProposal,
  state: StateAccess | undefined,
): Runnable {
  return {
    version: SYSTEM_VERSION,
    endorsementPlugin: BUILT_IN_PLUGIN,
    run: async () => ({
      ok: true,
      response: await system.invoke({
        channelId,
        txId,
        args: input.args,
        signedProposal: signed,
        state,
      }),
    }),
  };
}

function contractRunnable(
  executor: ChaincodeExecutor,
  contract: {
    readonly definition: ChaincodeDefinition;
    readonly packageId: string;
    readonly proposal: UnpackedProposal;
    readonly simulator: Simulator;
    readonly signal: AbortSignal;
  },
): Runnable {
  const { definition, packageId, proposal, simulator, signal } = contract;
  const { channelId, txId, chaincodeName, signed } = proposal;
  return {
    version: definition.version,
    endorsementPlugin: definition.endorsementPlugin,
    run: () =>
      executor.execute({
        channelId,
        txId,
        chaincodeName,
        definition,
        packageId,
        // Decorations are the peer's to make, and it makes none.
        input: { ...proposal.input, decorations: new Map() },
        signedProposal: signed,
        simulator,
        signal,
      }),
  };
}

type Collected =
  | {
      readonly ok: true;
      readonly value: {
        readonly results: Uint8Array;
        readonly interest: ChaincodeInterest | undefined;
      };
    }
  | { readonly ok: false; readonly message: string };

async function collect(
  deps: SimulationDeps,
  { channelId, txId }: UnpackedProposal,
  simulator: Simulator | undefined,
  channel: EndorserChannel | undefined,
): Promise<Collected> {
  if (simulator === undefined || channel === undefined) {
    return { ok: true, value: { results: EMPTY_BYTES, interest: undefined } };
  }
  const { publicBytes, privateBytes, privateReads } = simulator.results();
  simulator.close();
  if (privateBytes !== undefined) {
    const { height } = channel.ledger;
    const writes = { channelId, txId, height, bytes: privateBytes };
    // Fabric: others have it first, so that an endorsement never depends on this peer alone.
    const refusal = await deps.distributor?.distribute(writes);
    if (refusal !== undefined) return { ok: false, message: refusal };
    await channel.transient.persist(txId, height, privateBytes);
  }
  const interest = chaincodeInterest(
    publicBytes,
    (name) => deps.system.has(name),
    (namespace, collection) =>
      privateReads.some(
        (read) => read.namespace === namespace && read.collections.includes(collection),
      ),
  );
  return { ok: true, value: { results: publicBytes, interest } };
}
