/** A running peer becomes a member of the channel as `peer channel join` and `heddle peer add` make it one. */
import { utf8 } from "../../kernel/bytes.ts";
import { errorMessage } from "../../kernel/error.ts";
import type { AdminOutcome, NodeName } from "../contracts.ts";
import { peerAdministrator } from "../deploy.ts";
import { installPackage } from "../../network/client/index.ts";
import type { Material } from "../material.ts";
import { simulatedPackage } from "../nodes/node-world.ts";
import type { AdministeredWorld } from "./administered-world.ts";

/** cscc's JoinChain, signed by the organisation's administrator; then the contracts' packages. Never rejects. */
export async function joinPeer(
  world: AdministeredWorld,
  material: Material,
  name: NodeName,
): Promise<AdminOutcome> {
  const { client, channel } = peerAdministrator(world, material, name);
  const args = [utf8("JoinChain"), material.genesisBlock];
  try {
    const proposal = await client.prepare({ channelId: "", chaincode: "cscc", args });
    await client.propose(proposal, channel).catch((error: unknown) => {
      if (!errorMessage(error).includes(IS_MEMBER)) throw error;
    });
    for (const contract of world.contractNames) {
      await installPackage(client, channel, simulatedPackage(contract));
    }
  } catch (error) {
    return { kind: "unknown", reason: errorMessage(error) };
  }
  return { kind: "acknowledged" };
}

const IS_MEMBER = "already exists with state [ACTIVE]";
