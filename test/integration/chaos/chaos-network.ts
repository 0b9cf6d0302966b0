/** The network of real processes that a file of chaos tests has to itself. */
import { afterAll, beforeAll } from "vitest";
import type { FaultSettings } from "../../../src/faults/index.ts";
import { TestNetwork } from "../network/harness.ts";

export const SLOW_MACHINE_MS = 300_000;

/** What `heddle chaos status` says of a node. */
interface ChaosStatus {
  readonly name: string;
  readonly state: string;
  readonly faults?: FaultSettings;
}

/** Starts one before the tests of the file, hands it over, and closes it after them. */
export function withNetwork(use: (net: TestNetwork) => void): void {
  let net: TestNetwork | undefined;
  beforeAll(async () => {
    net = await TestNetwork.start({ peersPerOrganization: 1 });
    use(net);
  }, SLOW_MACHINE_MS);
  afterAll(async () => {
    await net?.close();
  }, SLOW_MACHINE_MS);
}

export async function chaosStatusOf(
  net: TestNetwork,
  name: string,
): Promise<ChaosStatus | undefined> {
  const { nodes } = (await net.must("chaos", "status")) as { nodes: readonly ChaosStatus[] };
  return nodes.find((node) => node.name === name);
}
