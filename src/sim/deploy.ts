/** Deploys contracts on a simulated network as administrators do: installed, approved and committed by the real lifecycle. */
import { assert } from "../kernel/assert.ts";
import { deployChaincode, FabricClient } from "../network/client/index.ts";
import { CHANNEL_ID, PEER_PORT, type Material } from "./material.ts";
import { simulatedPackage } from "./nodes/node-world.ts";
import { simulatedDialer } from "./ports/simulated-dialer.ts";
import type { SimulatedWorld } from "./world.ts";

export async function deployContract(
  world: SimulatedWorld,
  material: Material,
  name: string,
): Promise<void> {
  const { network, clientHost, signatures } = world;
  const dialer = simulatedDialer(network, clientHost);
  const pace = { clock: clientHost.time, timers: clientHost.time };
  const random = world.random("administrators");
  const organizations = material.admins.map(({ mspId, certificate }) => {
    const peers = material.nodes
      .filter((node) => node.role === "peer" && node.mspId === mspId)
      .map((peer) => dialer.dial({ address: `${peer.name}:${PEER_PORT}`, tls: { rootsPem: [] } }));
    const signer = signatures.signer(mspId, certificate);
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
    },
    (step) => {
      world.trace("deploy", step);
    },
    pace,
  );
}
