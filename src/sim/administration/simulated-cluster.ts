import { assert } from "../../kernel/assert.ts";
import { OrdererAdmin, type OrdererCluster } from "../../network/client/index.ts";
import { ADMIN_PORT, ORDERER_PORT, type Material } from "../material.ts";
import { adminCall } from "../ports/admin-calls.ts";
import { simulatedDialer } from "../ports/simulated-dialer.ts";
import type { AdministeredWorld } from "./administered-world.ts";

/** The orderers of a simulated network as administrators reach them: over its links, from the machine of the clients. */
export function simulatedCluster(world: AdministeredWorld, material: Material): OrdererCluster {
  const { clientHost, network, nodes, signatures } = world;
  const dialer = simulatedDialer(network, clientHost);
  const orderers = material.nodes.filter(({ role }) => role === "orderer");
  const admins = new Map(
    orderers.map(({ name }) => {
      const channel = dialer.dial({ address: `${name}:${ADMIN_PORT}`, tls: { rootsPem: [] } });
      return [name, new OrdererAdmin(name, adminCall(name, channel))];
    }),
  );
  const { mspId } = material.ordererAdmin;
  const signer = signatures.signer(material.ordererAdmin);
  return {
    orderers: orderers.map(({ name }) => ({ name, mspId, port: ORDERER_PORT })),
    clock: clientHost.time,
    timers: clientHost.time,
    random: world.random("configuration updates"),
    msps: signatures.msps,
    isRunning: (name) => Promise.resolve(nodes.get(name)?.isUp === true),
    ordererAdmin: (name) => {
      const admin = admins.get(name);
      assert(admin !== undefined, "administrators ask orderers of the network");
      return Promise.resolve(admin);
    },
    ordererSigner: () => Promise.resolve(signer),
    logOf: (name) => `the log of ${name}`,
  };
}
