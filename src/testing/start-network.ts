/** A whole network in the calling process: real nodes, real TLS, a folder and ports of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeNetwork } from "../network/index.ts";
import { TestNetworkError } from "./errors.ts";
import { ORDERERS_MAX, ORGANIZATIONS_MAX, PEERS_PER_ORGANIZATION_MAX } from "./limits.ts";
import { planNetwork, type NetworkSize } from "./plan.ts";
import { TestNetwork } from "./test-network.ts";

/** Elections within a fraction of a second: what a test waits for most. */
const RAFT_OPTIONS = {
  tickIntervalMs: 30,
  electionTicks: 10,
  heartbeatTicks: 2,
  inflightBlocksMax: 5,
  snapshotIntervalBytes: 16 * 1024 * 1024,
};
/** Another program may take a port between its choice and its use. */
const START_ATTEMPTS_MAX = 3;

export interface StartOptions {
  /** 1 to 7. Default: 1. */
  readonly orderers?: number;
  /** 1 to 8. Default: 2. */
  readonly organizations?: number;
  /** 1 to 8. Default: 1. */
  readonly peersPerOrganization?: number;
}

/**
 * Starts orderers and peers and resolves once a leader is elected and all peers know each other. Close the network, or declare it with
 * `await using`: its nodes keep the process alive.
 */
export async function startNetwork(options: StartOptions = {}): Promise<TestNetwork> {
  const size = {
    orderers: within("orderers", options.orderers ?? 1, ORDERERS_MAX),
    organizations: within("organizations", options.organizations ?? 2, ORGANIZATIONS_MAX),
    peersPerOrganization: within(
      "peersPerOrganization",
      options.peersPerOrganization ?? 1,
      PEERS_PER_ORGANIZATION_MAX,
    ),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(size);
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!isTaken || attempt === START_ATTEMPTS_MAX) throw error;
    }
  }
}

async function startOnce(size: NetworkSize): Promise<TestNetwork> {
  const scratch = await mkdtemp(join(tmpdir(), "heddle-testing-"));
  try {
    const topology = await planNetwork(size);
    const layout = await makeNetwork(join(scratch, "network"), topology, RAFT_OPTIONS);
    return await TestNetwork.start({ scratch, layout, topology });
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  }
}

function within(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TestNetworkError("unknown name", `${name} is ${value}; choose 1 to ${max}`);
}
