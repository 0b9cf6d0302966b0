import { DevelopmentNetwork, checkRemoval, removePeer } from "../../network/index.ts";
import { isConfirmed } from "../confirmation.ts";
import { Output } from "../output.ts";
import type { PeerRemoveOptions } from "../peer-options.ts";

export async function peerRemove(peer: string, options: PeerRemoveOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const { name } = network.peer(peer).site;
  if (!options.force) await checkRemoval(network, name);
  const { directory } = network.layout.node(name);
  const question = `remove ${name} with all that is in ${directory}?`;
  if (!options.yes && !(await isConfirmed(question, `remove ${name} with --yes`))) {
    output.result({ removed: null }, "nothing was removed");
    return;
  }
  await removePeer(network, name);
  output.result({ removed: name, directory }, `removed ${name} and ${directory}`);
}
