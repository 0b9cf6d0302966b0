import { courseOf, isSound, runChaos, verdictOf, type ChaosRun } from "../network/index.ts";
import type { Contract } from "../contract/index.ts";
import type { TestNetwork } from "./test-network.ts";

export interface ChaosOptions {
  /** A name that `heddle chaos scenarios` lists; default: faults that `seed` chooses. */
  readonly scenario?: string;
  /** Default 1. */
  readonly seed?: number;
  /** How long faults go on that the seed chooses. Default 1. */
  readonly minutes?: number;
  /** Told of each fault as it comes. */
  readonly onStep?: (text: string) => void;
  /** Ends it early, and healed. */
  readonly signal?: AbortSignal;
}

export interface ChaosReport extends ChaosRun {
  /** Something was acknowledged, nothing acknowledged is lost or doubled, all ledgers agree, all nodes became level. */
  readonly isSound: boolean;
  /** The same in words. */
  readonly verdict: string;
}

const CHAINCODE = "heddle-chaos";
const CONTRACT: Contract = {
  CreateAsset: (context, key, ...values) => context.put(key, values.join(" ")),
};

/**
 * Drives load through every peer while faults come and go, heals the network, waits until all nodes are level, and compares
 * the ledgers with what the clients were told. Deploys a contract of its own once. Rejects with `NetworkError` for an unknown
 * scenario, and for one that this network is too small for.
 */
export async function chaos(
  network: TestNetwork,
  options: ChaosOptions = {},
): Promise<ChaosReport> {
  const { seed = 1, minutes = 1, scenario, onStep, signal } = options;
  const site = network.chaosSite;
  const request = { seed, minutes, ...(scenario === undefined ? {} : { scenario }) };
  const plan = { ...courseOf(request, site), chaincode: CHAINCODE };
  if (!network.hasDeployed(CHAINCODE)) {
    await network.deploy({ name: CHAINCODE, contract: CONTRACT });
  }
  const tell = onStep ?? ((): void => undefined);
  const run = await runChaos(site, plan, tell, signal ?? new AbortController().signal);
  return { ...run, isSound: isSound(run), verdict: verdictOf(run) };
}
