/** Adds and removes nodes of a development network while faults come and go. What one interrupts is begun again, as people would. */
import { setTimeout as delay } from "node:timers/promises";
import { errorMessage } from "../../kernel/error.ts";
import { addOrderer } from "../add-orderer.ts";
import { addPeer } from "../add-peer.ts";
import { DevelopmentNetwork } from "../development-network.ts";
import { NetworkError } from "../errors.ts";
import { nextOrderer, nextPeer } from "../next-site.ts";
import { checkOrdererRemoval, removeOrderer } from "../remove-orderer.ts";
import { removePeer } from "../remove-peer.ts";
import type { AddedNode, OnStep } from "./site.ts";
import type { Role } from "./steps.ts";

/** Begun again no longer: longer than any fault of a course holds, and until a silent node is given up. */
const TIMEOUT_MS = 90_000;
const PAUSE_MS = 250;

/** `onName` is told whom it will be before anything is done. Resolves when the node is level and counts. */
export async function addToNetwork(
  network: DevelopmentNetwork,
  role: Role,
  onName: (name: string) => void,
  onStep: OnStep,
): Promise<void> {
  const { organization, name } = plan(network, role);
  onName(name);
  await untilDone(network, `adding ${name}`, (current) =>
    role === "orderer"
      ? growOrderers(current, name, onStep)
      : growPeers(current, { organization, name }, onStep),
  );
}

/** Nothing is done where the network has no such node. */
export async function removeFromNetwork(
  network: DevelopmentNetwork,
  { name, role }: AddedNode,
  onStep: OnStep,
): Promise<void> {
  await untilDone(network, `removing ${name}`, async (current) => {
    if (role === "orderer") await shrinkOrderers(current, name, onStep);
    else if (hasPeer(current, name)) await removePeer(current, name);
  });
}

function plan(
  { topology }: DevelopmentNetwork,
  role: Role,
): { readonly organization: string; readonly name: string } {
  // Packages come from another peer of the organisation; courses hit the first one's.
  const organization = topology.organizations.filter(({ peers }) => peers.length > 0).at(-1);
  const site =
    role === "orderer" ? nextOrderer(topology) : organization && nextPeer(topology, organization);
  if (organization === undefined || site === undefined) {
    throw new NetworkError("port in use", `there are no ports left for a further ${role}`);
  }
  return { organization: organization.shortName, name: site.name };
}

async function untilDone(
  { layout }: DevelopmentNetwork,
  what: string,
  attempt: (network: DevelopmentNetwork) => Promise<void>,
): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const network = await DevelopmentNetwork.open(layout.directory);
    try {
      await attempt(network);
      return;
    } catch (cause) {
      if (performance.now() > deadlineMs) {
        const reason = `${what} did not succeed within ${TIMEOUT_MS} ms, at last because ${errorMessage(cause)}`;
        throw new NetworkError("node failed", reason, { cause });
      }
    } finally {
      network.close();
    }
    await delay(PAUSE_MS);
  }
}

// Given again with the name, it goes on where it was.
async function growOrderers(
  network: DevelopmentNetwork,
  name: string,
  step: OnStep,
): Promise<void> {
  await addOrderer(network, { name }, { step, level: ignored });
}

async function growPeers(
  network: DevelopmentNetwork,
  { organization, name }: { readonly organization: string; readonly name: string },
  step: OnStep,
): Promise<void> {
  if (hasPeer(network, name)) {
    // An attempt that failed left it half done.
    await removePeer(network, name);
    const without = await DevelopmentNetwork.open(network.layout.directory);
    await growPeers(without, { organization, name }, step).finally(() => {
      without.close();
    });
    return;
  }
  await addPeer(network, { organization, name, install: true }, { step, level: ignored });
}

async function shrinkOrderers(
  network: DevelopmentNetwork,
  name: string,
  step: OnStep,
): Promise<void> {
  const site = network.topology.orderers.find((orderer) => orderer.name === name);
  if (site === undefined) return;
  await checkOrdererRemoval(network, site);
  await removeOrderer(network, site, { keepData: false }, { step });
}

function hasPeer({ peers }: DevelopmentNetwork, name: string): boolean {
  return peers.some((peer) => peer.name === name);
}

function ignored(): void {
  return undefined;
}
