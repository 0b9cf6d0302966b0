import type { Command } from "commander";
import { resultDocument, resultText } from "../result-text.ts";
import { addClientOptions, contractArguments, type ClientOptions } from "../shared-options.ts";
import { addTransientOption, type Transient } from "../transient.ts";
import { withClient } from "../with-client.ts";

export function addInvokeCommand(program: Command): void {
  addTransientOption(addClientOptions(program.command("invoke")))
    .description("submit a transaction and wait until it is committed")
    .argument("<chaincode>", "name that the contract was deployed under")
    .argument("<function>", "function of the contract")
    .argument("[arguments...]", "its arguments")
    .addHelpText(
      "after",
      `
Examples:
  $ heddle invoke basic CreateAsset asset7 blue 5 Tom 300
  $ heddle invoke offers Offer car --transient '{"price":"MTAw"}'`,
    )
    .action(invoke);
}

async function invoke(
  chaincode: string,
  name: string,
  rest: readonly string[],
  { transient, ...options }: ClientOptions & { readonly transient?: Transient },
): Promise<void> {
  await withClient(options, async ({ client, channelId, output }) => {
    const committed = await client.invoke({
      channelId,
      chaincode,
      args: contractArguments(name, rest),
      ...(transient && { transient }),
    });
    const { transactionId, blockNumber, result } = committed;
    output.result(
      { transactionId, blockNumber, result: resultDocument(result) },
      `committed in block ${blockNumber}: ${transactionId}${result.length > 0 ? `\n${resultText(result)}` : ""}`,
    );
  });
}
