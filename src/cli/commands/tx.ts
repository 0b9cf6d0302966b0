import { InvalidArgumentError, type Command } from "commander";
import { summarizeBlock } from "../block-line.ts";
import { addClientOptions, type ClientOptions } from "../shared-options.ts";
import { withClient } from "../with-client.ts";

export function addTxCommand(program: Command): void {
  addClientOptions(program.command("tx"))
    .description("show a committed transaction")
    .argument("<id>", "transaction id: 64 hexadecimal digits", transactionId)
    .addHelpText("after", "\nExample:\n  $ heddle tx 3f2a…")
    .action(show);
}

function transactionId(text: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("expected 64 hexadecimal digits.");
}

async function show(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async ({ client, channelId, output }) => {
    const block = summarizeBlock(await client.blockOfTransaction(channelId, id));
    const transaction = block.transactions.find((candidate) => candidate.id === id);
    const document = { channelId: block.channelId, blockNumber: block.number, ...transaction };
    const lines = [
      `transaction ${id}`,
      `channel     ${block.channelId}`,
      `block       ${block.number}`,
      `chaincode   ${transaction?.chaincode ?? "-"}`,
      `result      ${transaction?.code ?? "-"}`,
    ];
    output.result(document, lines.join("\n"));
  });
}
