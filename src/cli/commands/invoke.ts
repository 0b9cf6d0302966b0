import type { Command } from "commander";
import { resultDocument, resultText } from "../result-text.ts";
import { addClientOptions, contractArguments, type ClientOptions } from "../shared-options.ts";
import { withClient } from "../with-client.ts";

export function addInvokeCommand(program: Command): void {
  addClientOptions(program.command("invoke"))
    .description("submit a transaction and wait until it is committed")
    .argument("<chaincode>", "name that the contract was deployed under")
    .argument("<function>", "function of the contract")
    .argument("[arguments...]", "its arguments")
    .addHelpText("after", "\nExample:\n  $ heddle invoke basic CreateAsset asset7 blue 5 Tom 300")
    .action(invoke);
}

async function invoke(
  chaincode: string,
  name: string,
  rest: readonly string[],
  options: ClientOptions,
): Promise<void> {
  await withClient(options, async ({ client, channelId, output }) => {
    const committed = await client.invoke({
      channelId,
      chaincode,
      args: contractArguments(name, rest),
    });
    const { transactionId, blockNumber, result } = committed;
    output.result(
      { transactionId, blockNumber, result: resultDocument(result) },
      `committed in block ${blockNumber}: ${transactionId}${result.length > 0 ? `\n${resultText(result)}` : ""}`,
    );
  });
}
