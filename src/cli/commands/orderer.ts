import type { Command } from "commander";
import type {
  OrdererAddOptions,
  OrdererDrainOptions,
  OrdererListOptions,
  OrdererRecoverOptions,
  OrdererRemoveOptions,
  OrdererTransferOptions,
} from "../orderer-options.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";
import { addWalCommand } from "./wal.ts";

const EXAMPLES = `
Examples:
  $ heddle orderer list
  $ heddle orderer add
  $ heddle orderer start --config nodes/orderer.example.com/config.yaml`;

/** `orderer start`, `add`, `remove`, `replace`, `list`, `transfer-leader`, `drain`,
 * `recover`, `wal`. What each needs is loaded when it is asked for. */
export function addOrdererCommand(program: Command): void {
  const orderer = program
    .command("orderer")
    .description("run an orderer, change the orderers of a network, and look at their logs")
    .addHelpText("after", EXAMPLES);
  addStart(orderer);
  addAdd(orderer);
  addRemove(orderer);
  addReplace(orderer);
  addList(orderer);
  addTransfer(orderer);
  addDrain(orderer);
  addRecover(orderer);
  addWalCommand(orderer);
}

function addStart(orderer: Command): void {
  orderer
    .command("start")
    .description("run one orderer in this process until it is told to stop (SIGTERM, SIGINT)")
    .requiredOption("--config <file>", "its configuration (YAML)")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle orderer start --config nodes/orderer.example.com/config.yaml",
    )
    .action(async ({ config }: { readonly config: string }) => {
      const { runOrderer } = await import("../../node/index.ts");
      await runOrderer(config);
    });
}

function addAdd(orderer: Command): void {
  addDirectoryOptions(orderer.command("add"))
    .description("add an orderer to a running network: certificates, process, every channel")
    .option("--name <name>", "such as orderer4 (default: the next number)")
    .addHelpText(
      "after",
      `
It follows each channel until it has the blocks, and becomes a consenter then. The same command with its --name goes on
where an earlier one was interrupted.

Example:
  $ heddle orderer add --name orderer4`,
    )
    .action(async (options: OrdererAddOptions) => {
      await (await import("./orderer-add.ts")).ordererAdd(options);
    });
}

function addRemove(orderer: Command): void {
  addDirectoryOptions(orderer.command("remove"))
    .description("take an orderer out of every channel, stop it, and remove its files")
    .argument("<name>", "such as orderer4.example.com")
    .option("--yes", "do not ask", false)
    .option("--keep-data", "keep its ledgers and configuration, in a renamed folder", false)
    .addHelpText(
      "after",
      `
It is refused where the orderers that answer would be too few afterwards.

Example:
  $ heddle orderer remove orderer4 --yes`,
    )
    .action(async (name: string, options: OrdererRemoveOptions) => {
      await (await import("./orderer-remove.ts")).ordererRemove(name, options);
    });
}

function addReplace(orderer: Command): void {
  addDirectoryOptions(orderer.command("replace"))
    .description("give an orderer a new TLS key and certificate: it stays the same member")
    .argument("<name>", "such as orderer2.example.com")
    .addHelpText(
      "after",
      `
The channels learn of the certificate first; then the orderer is stopped and started with it. The same command goes on where
an earlier one was interrupted. A certificate that was renewed for the same key needs none of this.

Example:
  $ heddle orderer replace orderer2`,
    )
    .action(async (name: string, options: DirectoryOptions) => {
      await (await import("./orderer-replace.ts")).ordererReplace(name, options);
    });
}

function addList(orderer: Command): void {
  addDirectoryOptions(orderer.command("list"))
    .alias("status")
    .description("show the orderers of a channel: role, term, height, lag, health")
    .option("--channel <name>", "the channel (default: the network's first)")
    .addHelpText(
      "after",
      `
The exit code is 1 when an orderer is not as it should be.

Example:
  $ heddle orderer list --json`,
    )
    .action(async (options: OrdererListOptions) => {
      await (await import("./orderer-list.ts")).ordererList(options);
    });
}

function addTransfer(orderer: Command): void {
  addDirectoryOptions(orderer.command("transfer-leader"))
    .description("hand the leadership of a channel to another orderer")
    .option("--to <name>", "this orderer (default: the most advanced that answers)")
    .option("--channel <name>", "the channel (default: the network's first)")
    .addHelpText("after", "\nExample:\n  $ heddle orderer transfer-leader --to orderer2")
    .action(async (options: OrdererTransferOptions) => {
      await (await import("./orderer-lead.ts")).ordererTransfer(options);
    });
}

function addDrain(orderer: Command): void {
  addDirectoryOptions(orderer.command("drain"))
    .description("take the work off an orderer: it leads nothing and takes no transactions")
    .argument("<name>", "such as orderer2.example.com")
    .option("--undo", "let it work again", false)
    .addHelpText(
      "after",
      `
It goes on to vote, to keep blocks and to deliver them, through restarts, until --undo. Clients that send it a transaction
are answered SERVICE_UNAVAILABLE.

Examples:
  $ heddle orderer drain orderer2
  $ heddle orderer drain orderer2 --undo`,
    )
    .action(async (name: string, options: OrdererDrainOptions) => {
      await (await import("./orderer-lead.ts")).ordererDrain(name, options);
    });
}

function addRecover(orderer: Command): void {
  addDirectoryOptions(orderer.command("recover"))
    .description("go on with one orderer alone when the majority of a channel is lost for good")
    .requiredOption(
      "--force-new-cluster <name>",
      "the orderer to go on with: the one that has most",
    )
    .requiredOption("--channel <name>", "the channel")
    .option("--yes-i-may-lose-transactions", "do not ask", false)
    .addHelpText(
      "after",
      `
What the lost orderers had committed and this one does not have is lost. It is refused while a majority can be reached.
Afterwards the others are removed and added anew, before any of them runs again.

Example:
  $ heddle orderer recover --force-new-cluster orderer2 --channel mychannel`,
    )
    .action(async (options: OrdererRecoverOptions) => {
      await (await import("./orderer-recover.ts")).ordererRecover(options);
    });
}
