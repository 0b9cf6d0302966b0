import { createInterface } from "node:readline/promises";
import { DevelopmentNetwork, NetworkError, checkRemoval, removePeer } from "../../network/index.ts";
import { Output } from "../output.ts";
import type { PeerRemoveOptions } from "../peer-options.ts";

export async function peerRemove(name: string, options: PeerRemoveOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  network.peer(name);
  if (!options.force) await checkRemoval(network, name);
  const { directory } = network.layout.node(name);
  if (!options.yes && !(await isConfirmed(name, directory))) {
    output.result({ removed: null }, "nothing was removed");
    return;
  }
  await removePeer(network, name);
  output.result({ removed: name, directory }, `removed ${name} and ${directory}`);
}

async function isConfirmed(name: string, directory: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new NetworkError("needed", `nobody can be asked here; remove ${name} with --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      `remove ${name} with all that is in ${directory}? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
