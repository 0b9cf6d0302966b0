import { DevelopmentNetwork } from "../network/index.ts";
import { Output } from "./output.ts";
import type { ClientOptions } from "./shared-options.ts";

/** What a command that speaks to a network works with. */
export interface ClientSession {
  readonly client: Awaited<ReturnType<DevelopmentNetwork["client"]>>;
  readonly channelId: string;
  readonly output: Output;
}

/** Runs `work` as the user that the options name, and drops the connections afterwards, whatever came of it. */
export async function withClient(
  options: ClientOptions,
  work: (session: ClientSession) => Promise<void>,
): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  try {
    const client = await network.client(network.organization(options.org), options.user);
    await work({ client, channelId: network.topology.channelId, output });
  } finally {
    network.close();
  }
}
