import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { errorMessage } from "../../kernel/error.ts";
import { DevelopmentNetwork, NetworkError, type OrdererAdmin } from "../../network/index.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";
import { formatTable } from "../table.ts";

interface ChannelOptions extends DirectoryOptions {
  readonly orderer?: string;
}

interface JoinOptions extends ChannelOptions {
  readonly block: string;
}

type Admins = readonly { readonly orderer: string; readonly admin: OrdererAdmin }[];

export function addChannelCommand(program: Command): void {
  const channel = program
    .command("channel")
    .description("join orderers to channels, list them, and leave them")
    .addHelpText(
      "after",
      "\nExamples:\n  $ heddle channel list\n  $ heddle channel join --block channel2.block",
    );
  addOrdererOption(channel.command("join"))
    .description("join a channel with a config block: its genesis block, or a later one")
    .requiredOption("--block <file>", "marshalled config block of the channel")
    .addHelpText(
      "after",
      `
An orderer that the block names as a consenter orders the channel; another follows it.

Examples:
  $ heddle channel join --block channel2.block
  $ heddle channel join --block channel2.block --orderer orderer2.example.com`,
    )
    .action(join);
  addOrdererOption(channel.command("list"))
    .description("show the channels of each orderer")
    .addHelpText("after", "\nExample:\n  $ heddle channel list --json")
    .action(list);
  addOrdererOption(channel.command("remove"))
    .description("leave a channel: its blocks and its log are removed")
    .argument("<name>", "the channel")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle channel remove channel2 --orderer orderer3.example.com",
    )
    .action(remove);
}

function addOrdererOption(command: Command): Command {
  return addDirectoryOptions(command).option("--orderer <name>", "this orderer only");
}

async function join(options: JoinOptions): Promise<void> {
  const block = await readFile(options.block).catch((cause: unknown) => {
    throw new NetworkError("unknown name", `cannot read ${options.block}: ${errorMessage(cause)}`, {
      cause,
    });
  });
  const joined = [];
  for (const { orderer, admin } of await adminsOf(options)) {
    joined.push({ orderer, ...(await admin.join(block)) });
  }
  present(options, joined);
}

async function list(options: ChannelOptions): Promise<void> {
  const found = [];
  for (const { orderer, admin } of await adminsOf(options)) {
    for (const channel of await admin.list()) found.push({ orderer, ...channel });
  }
  present(options, found);
}

async function remove(name: string, options: ChannelOptions): Promise<void> {
  const removed = [];
  for (const { orderer, admin } of await adminsOf(options)) {
    await admin.remove(name);
    removed.push(orderer);
  }
  new Output(options).result(
    { channel: name, removed },
    `removed ${name} from ${removed.join(", ")}`,
  );
}

async function adminsOf(options: ChannelOptions): Promise<Admins> {
  const network = await DevelopmentNetwork.open(options.dir);
  const names = network.topology.orderers.map(({ name }) => name);
  const wanted = names.filter((name) => options.orderer === undefined || name === options.orderer);
  if (wanted.length === 0) {
    throw new NetworkError(
      "unknown name",
      `there is no orderer ${options.orderer ?? ""}; the network has ${names.join(", ")}`,
    );
  }
  return Promise.all(
    wanted.map(async (orderer) => ({ orderer, admin: await network.ordererAdmin(orderer) })),
  );
}

interface Row {
  readonly orderer: string;
  readonly name: string;
  readonly consensusRelation: string;
  readonly status: string;
  readonly height: number;
  readonly complaint?: string | undefined;
}

function present(options: ChannelOptions, channels: readonly Row[]): void {
  const rows = channels.map(({ orderer, name, consensusRelation, status, height }) => [
    orderer,
    name,
    consensusRelation,
    status,
    String(height),
  ]);
  const text =
    rows.length === 0
      ? "no channels"
      : formatTable(["ORDERER", "CHANNEL", "RELATION", "STATUS", "HEIGHT"], rows);
  const complaints = channels.flatMap(({ orderer, name, complaint }) =>
    complaint === undefined ? [] : [`${orderer}: ${name}: ${complaint}`],
  );
  new Output(options).result({ channels }, [text, ...complaints].join("\n"));
}
