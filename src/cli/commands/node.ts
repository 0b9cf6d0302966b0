import type { Command } from "commander";
import { runOrderer, runPeer } from "../../node/run.ts";

/** `orderer start` and `peer start`: one node in this process. */
export function addNodeCommands(program: Command): void {
  const orderer = program.command("orderer").description("run an orderer");
  orderer
    .command("start")
    .description("run one orderer in this process until it is told to stop (SIGTERM, SIGINT)")
    .requiredOption("--config <file>", "its configuration (YAML)")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle orderer start --config nodes/orderer.example.com/config.yaml",
    )
    .action(({ config }: { readonly config: string }) => runOrderer(config));
  const peer = program.command("peer").description("run a peer");
  peer
    .command("start")
    .description("run one peer in this process until it is told to stop (SIGTERM, SIGINT)")
    .requiredOption("--config <file>", "its configuration (YAML)")
    .addHelpText(
      "after",
      "\nExample:\n  $ heddle peer start --config nodes/peer0.org1.example.com/config.yaml",
    )
    .action(({ config }: { readonly config: string }) => runPeer(config));
}
