#!/usr/bin/env node
/** The program `heddle`. */
import { Command, CommanderError } from "commander";
import { addBlockCommand } from "./commands/block.ts";
import { addDeployCommand } from "./commands/deploy.ts";
import { addDownCommand } from "./commands/down.ts";
import { addInvokeCommand } from "./commands/invoke.ts";
import { addNodeCommands } from "./commands/node.ts";
import { addQueryCommand } from "./commands/query.ts";
import { addResetCommand } from "./commands/reset.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addTxCommand } from "./commands/tx.ts";
import { addUpCommand } from "./commands/up.ts";
import { EXIT, Output } from "./output.ts";
import { readVersion } from "../node/version.ts";

const program = new Command("heddle")
  .description("A permissioned ledger that speaks Hyperledger Fabric's protocols")
  .version(await readVersion())
  .showHelpAfterError("(see `heddle --help`)")
  .exitOverride()
  .addHelpText(
    "after",
    `
Examples:
  $ heddle up                                   start a network here, stop it with Ctrl-C
  $ heddle up --detach                          start it in the background
  $ heddle deploy ./my-contract --name basic    deploy a contract to every organisation
  $ heddle invoke basic CreateAsset a1 blue 5 me 300
  $ heddle query basic ReadAsset a1`,
  );

for (const add of [
  addUpCommand,
  addDownCommand,
  addResetCommand,
  addStatusCommand,
  addDeployCommand,
  addInvokeCommand,
  addQueryCommand,
  addBlockCommand,
  addTxCommand,
  addNodeCommands,
]) {
  add(program);
}
// Every subcommand reports bad usage the same way as the program itself.
for (const command of program.commands) command.exitOverride().showHelpAfterError();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    new Output({ json: process.argv.includes("--json") }).fail(error);
    process.exitCode = EXIT.failed;
  }
}
