/** The commands of the program `heddle`. */
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { readVersion } from "../node/index.ts";
import { EXIT } from "./output.ts";

type AddCommand = (program: Command) => void;

/** Commands by name. Only the one that is asked for is loaded: a node should not wait for what clients need. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  up: async () => (await import("./commands/up.ts")).addUpCommand,
  down: async () => (await import("./commands/down.ts")).addDownCommand,
  reset: async () => (await import("./commands/reset.ts")).addResetCommand,
  status: async () => (await import("./commands/status.ts")).addStatusCommand,
  deploy: async () => (await import("./commands/deploy.ts")).addDeployCommand,
  invoke: async () => (await import("./commands/invoke.ts")).addInvokeCommand,
  query: async () => (await import("./commands/query.ts")).addQueryCommand,
  block: async () => (await import("./commands/block.ts")).addBlockCommand,
  tx: async () => (await import("./commands/tx.ts")).addTxCommand,
  chaos: async () => (await import("./commands/chaos.ts")).addChaosCommand,
  channel: async () => (await import("./commands/channel.ts")).addChannelCommand,
  orderer: async () => (await import("./commands/orderer.ts")).addOrdererCommand,
  sim: async () => (await import("./commands/sim.ts")).addSimCommand,
  org: async () => (await import("./commands/org.ts")).addOrgCommand,
  peer: async () => (await import("./commands/peer.ts")).addPeerCommand,
};

const EXAMPLES = `
Examples:
  $ heddle up                                   start a network here, stop it with Ctrl-C
  $ heddle up --detach                          start it in the background
  $ heddle deploy ./my-contract --name basic    deploy a contract to every organisation
  $ heddle invoke basic CreateAsset a1 blue 5 me 300
  $ heddle query basic ReadAsset a1`;

/**
 * The program with the command of that name, or with all where there is none of it. Bad usage is thrown as
 * `CommanderError`; `texts` takes what would be printed of it, and of help.
 */
export async function createProgram(
  name: string,
  texts: OutputConfiguration = {},
): Promise<Command> {
  const program = new Command("heddle")
    .description("A permissioned ledger that speaks Hyperledger Fabric's protocols")
    .version(await readVersion())
    .showHelpAfterError("(see `heddle --help`)")
    .exitOverride()
    .configureOutput(texts)
    .addHelpText("after", EXAMPLES);
  const wanted = Object.hasOwn(commands, name) ? commands[name] : undefined;
  for (const load of wanted === undefined ? Object.values(commands) : [wanted]) {
    (await load())(program);
  }
  // Every subcommand reports bad usage the same way as the program itself.
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) {
    command.exitOverride().showHelpAfterError();
  }
  return program;
}

/** What the process ends with after `error`, if the program itself has said what is wrong; undefined if nobody has. */
export function usageExitCode(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
