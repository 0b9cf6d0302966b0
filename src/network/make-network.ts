import type { RaftOptions } from "../channel/index.ts";
import { NetworkLayout } from "./layout.ts";
import type { Topology } from "./topology.ts";

/** Writes the folder of a new network that has `topology`, in place of an empty or absent one. */
export async function makeNetwork(
  directory: string,
  topology: Topology,
  raftOptions: RaftOptions,
): Promise<NetworkLayout> {
  // Loaded for a new network only: issuing certificates takes 260 modules.
  const { writeNetwork } = await import("./material.ts");
  const options = {
    ordererCount: topology.orderers.length,
    peerCountPerOrganization: topology.organizations[0]?.peers.length ?? 0,
    portOffset: 0,
  };
  await writeNetwork(directory, topology, options, raftOptions);
  return new NetworkLayout(directory);
}
