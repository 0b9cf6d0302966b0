import { InvalidArgumentError, type Command } from "commander";
import { toHex } from "../../kernel/bytes.ts";
import { NetworkError } from "../../network/index.ts";
import { blockHeaderHash, type Block, type SeekPosition } from "../../wire/index.ts";
import { summarizeBlock, type BlockSummary } from "../block-line.ts";
import { addClientOptions, type ClientOptions } from "../shared-options.ts";
import { formatTable } from "../table.ts";
import { withClient } from "../with-client.ts";

export function addBlockCommand(program: Command): void {
  addClientOptions(program.command("block"))
    .description("show a block")
    .argument("<number>", "its number, or `newest`", blockPosition)
    .addHelpText("after", "\nExamples:\n  $ heddle block newest\n  $ heddle block 0 --json")
    .action(show);
}

function blockPosition(text: string): SeekPosition {
  if (text === "newest") return { type: { $case: "newest", value: {} } };
  if (/^\d{1,15}$/.test(text)) return { type: { $case: "specified", value: { number: text } } };
  throw new InvalidArgumentError("expected a block number or `newest`.");
}

async function show(position: SeekPosition, options: ClientOptions): Promise<void> {
  await withClient(options, async ({ client, channelId, output }) => {
    const block = await client.block(channelId, position);
    if (block === undefined) throw new NetworkError("unknown name", "there is no such block yet");
    const document = documentOf(block);
    output.result(document, textOf(document));
  });
}

interface BlockDocument extends BlockSummary {
  readonly hash: string;
  readonly previousHash: string;
  readonly dataHash: string;
}

function documentOf(block: Block): BlockDocument {
  const header = block.header ?? {
    number: 0,
    previousHash: new Uint8Array(0),
    dataHash: new Uint8Array(0),
  };
  return {
    ...summarizeBlock(block),
    hash: toHex(blockHeaderHash(header)),
    previousHash: toHex(header.previousHash),
    dataHash: toHex(header.dataHash),
  };
}

function textOf(block: BlockDocument): string {
  const rows = block.transactions.map(({ id, type, chaincode, code }) => [
    id === "" ? "-" : id,
    chaincode ?? type,
    code,
  ]);
  return [
    `block ${block.number} of ${block.channelId}`,
    `hash           ${block.hash}`,
    `previous hash  ${block.previousHash}`,
    `data hash      ${block.dataHash}`,
    "",
    formatTable(["TRANSACTION", "CHAINCODE", "RESULT"], rows),
  ].join("\n");
}
