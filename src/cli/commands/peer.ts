import type { Command } from "commander";
import type {
  PeerAddOptions,
  PeerJoinOptions,
  PeerListOptions,
  PeerRemoveOptions,
} from "../peer-options.ts";
import { addDirectoryOptions } from "../shared-options.ts";

/** `peer start`, `join`, `add`, `remove`, `list`. What each needs is loaded when it is asked for. */
export function addPeerCommand(program: Command): void {
  const peer = program
    .command("peer")
    .description("run a peer, or change the peers of a network")
    .addHelpText("after", "\nExamples:\n  $ heddle peer list\n  $ heddle peer add --org Org1");
  addStart(peer);
  addJoin(peer);
  addAdd(peer);
  addRemove(peer);
  addList(peer);
}

function addStart(peer: Command): void {
  peer
    .command("start")
    .description("run one peer in this process until it is told to stop (SIGTERM, SIGINT)")
    .requiredOption("--config <file>", "its configuration (YAML)")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle peer start --config nodes/peer0.org1.example.com/config.yaml",
    )
    .action(async ({ config }: { readonly config: string }) => {
      const { runPeer } = await import("../../node/index.ts");
      await runPeer(config);
    });
}

function addJoin(peer: Command): void {
  addDirectoryOptions(peer.command("join"))
    .description(
      "make running peers members of a channel, from its genesis block, and wait until they are level",
    )
    .requiredOption("--channel <name>", "the channel")
    .requiredOption("--block <file>", "its genesis block")
    .option("--peer <name>", "one peer (default: every running peer of the network)")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle peer join --channel second --block second.block --peer peer0.org1",
    )
    .action(async (options: PeerJoinOptions) => {
      await (await import("./peer-join.ts")).peerJoin(options);
    });
}

function addAdd(peer: Command): void {
  addDirectoryOptions(peer.command("add"))
    .description("add a peer to a running network: certificates, process, channels, chaincodes")
    .requiredOption("--org <name>", "organisation that it belongs to")
    .option("--name <name>", "such as peer5 (default: the next number)")
    .option("--no-install", "do not install the packages that the organisation's other peers run")
    .addHelpText("after", "\nExample:\n  $ heddle peer add --org org1")
    .action(async (options: PeerAddOptions) => {
      await (await import("./peer-add.ts")).peerAdd(options);
    });
}

function addRemove(peer: Command): void {
  addDirectoryOptions(peer.command("remove"))
    .description("stop a peer and remove it from the network, with its ledger and keys")
    .argument("<name>", "such as peer2.org1")
    .option("--force", "even if others depend on it", false)
    .option("--yes", "do not ask", false)
    .addHelpText("after", "\nExample:\n  $ heddle peer remove peer2.org1 --yes")
    .action(async (name: string, options: PeerRemoveOptions) => {
      await (await import("./peer-remove.ts")).peerRemove(name, options);
    });
}

function addList(peer: Command): void {
  addDirectoryOptions(peer.command("list"))
    .description("show the members of a channel as a peer's gossip knows them")
    .option("--channel <name>", "the channel (default: the network's first)")
    .option("--peer <name>", "the peer to ask (default: the first that runs)")
    .addHelpText("after", "\nExample:\n  $ heddle peer list --json")
    .action(async (options: PeerListOptions) => {
      await (await import("./peer-list.ts")).peerList(options);
    });
}
