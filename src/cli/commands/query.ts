import type { Command } from "commander";
import { DevelopmentNetwork } from "../../network/index.ts";
import { Output } from "../output.ts";
import { resultDocument, resultText } from "../result-text.ts";
import { addClientOptions, contractArguments, type ClientOptions } from "../shared-options.ts";

export function addQueryCommand(program: Command): void {
  addClientOptions(program.command("query"))
    .description("run a function of a contract on one peer; nothing is recorded")
    .argument("<chaincode>", "name that the contract was deployed under")
    .argument("<function>", "function of the contract")
    .argument("[arguments...]", "its arguments")
    .addHelpText("after", "\nExample:\n  $ heddle query basic ReadAsset asset7")
    .action(query);
}

async function query(
  chaincode: string,
  name: string,
  rest: readonly string[],
  options: ClientOptions,
): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  try {
    const client = await network.client(network.organization(options.org), options.user);
    const { payload } = await client.evaluate({
      channelId: network.topology.channelId,
      chaincode,
      args: contractArguments(name, rest),
    });
    output.result({ result: resultDocument(payload) }, resultText(payload));
  } finally {
    network.close();
  }
}
