import type { Command } from "commander";
import { resultDocument, resultText } from "../result-text.ts";
import { addClientOptions, contractArguments, type ClientOptions } from "../shared-options.ts";
import { addTransientOption, type Transient } from "../transient.ts";
import { withClient } from "../with-client.ts";

export function addQueryCommand(program: Command): void {
  addTransientOption(addClientOptions(program.command("query")))
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
  { transient, ...options }: ClientOptions & { readonly transient?: Transient },
): Promise<void> {
  await withClient(options, async ({ client, channelId, output }) => {
    const { payload } = await client.evaluate({
      channelId,
      chaincode,
      args: contractArguments(name, rest),
      ...(transient && { transient }),
    });
    output.result({ result: resultDocument(payload) }, resultText(payload));
  });
}
