/** Deploys contracts on a simulated network as administrators do: installed, approved and committed by the real lifecycle. */
import { assert } from "../kernel/assert.ts";
import type { RpcChannel } from "../kernel/ports/rpc.ts";
import { sleep } from "../kernel/sleep.ts";
import { deployChaincode, FabricClient, installPackage, retryBy } from "../network/client/index.ts";
import type { NodeName } from "./contracts.ts";
import { CHANNEL_ID, PEER_PORT, type Material } from "./material.ts";
import { simulatedPackage } from "./nodes/node-world.ts";
import { simulatedDialer } from "./ports/simulated-dialer.ts";
import { BANK, BANK_COLLECTIONS } from "./workload/bank-contract.ts";
import type { AdministeredWorld } from "./administration/administered-world.ts";

const INSTALL_ATTEMPTS_MAX = 60;
const INSTALL_PAUSE_MS = 2_000;

export async function deployContract(
  world: AdministeredWorld,
  material: Material,
  name: string,
): Promise<void> {
  const { network, clientHost, signatures } = world;
  const dialer = simulatedDialer(network, clientHost);
  const pace = { clock: clientHost.time, timers: clientHost.time };
  // Of each contract others: its transactions have nonces of their own.
  const random = world.random(`administrators who deploy ${name}`);
  const organizations = material.admins.map((member) => {
    const { mspId } = member;
    const peers = material.nodes
      .filter((node) => node.role === "peer" && node.mspId === mspId && !node.isJoiner)
      .map((peer) => dialer.dial({ address: `${peer.name}:${PEER_PORT}`, tls: { rootsPem: [] } }));
    const signer = signatures.signer(member);
    const [gateway] = peers;
    assert(gateway !== undefined, "every organisation of a simulation has a peer");
    const admin = new FabricClient({ signer, clock: pace.clock, random }, gateway);
    return { mspId, admin, peers };
  });
  await deployChaincode(
    organizations,
    {
      channelId: CHANNEL_ID,
      name,
      version: "1",
      package: simulatedPackage(name),
      policy: undefined,
      initRequired: false,
      ...(name === BANK && { collections: BANK_COLLECTIONS }),
    },
    (step) => {
      world.trace("deploy", step);
    },
    retryBy(pace),
  );
}

/** A peer, and the administrator of its organisation who speaks to it. */
export function peerAdministrator(
  world: AdministeredWorld,
  material: Material,
  name: NodeName,
): { readonly client: FabricClient; readonly channel: RpcChannel } {
  const node = material.nodes.find((each) => each.name === name);
  const admin = material.admins.find(({ mspId }) => mspId === node?.mspId);
  assert(admin !== undefined, "every organisation of a simulation has an administrator");
  const signer = world.signatures.signer(admin);
  const dialer = simulatedDialer(world.network, world.clientHost);
  const channel = dialer.dial({ address: `${name}:${PEER_PORT}`, tls: { rootsPem: [] } });
  // Each time other nonces.
  const random = world.random(`administrator at ${name} at ${world.clock.monotonicMs()}`);
  const source = { signer, clock: world.clientHost.time, random };
  return { client: new FabricClient(source, channel), channel };
}

/** Installs the package again on these peers, which are tried until they take it. */
export function installContract(
  world: AdministeredWorld,
  material: Material,
  name: string,
  peers: readonly NodeName[],
): void {
  for (const peer of peers) {
    const { client, channel } = peerAdministrator(world, material, peer);
    void untilInstalled(world, client, { channel, name });
  }
}

async function untilInstalled(
  world: AdministeredWorld,
  client: FabricClient,
  { channel, name }: { readonly channel: RpcChannel; readonly name: string },
): Promise<void> {
  for (let attempt = 0; attempt < INSTALL_ATTEMPTS_MAX; attempt += 1) {
    try {
      await installPackage(client, channel, simulatedPackage(name));
      return;
    } catch {
      // It does not run yet.
    }
    await sleep(world.clock, INSTALL_PAUSE_MS);
  }
}
