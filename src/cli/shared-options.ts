import { InvalidArgumentError, type Command } from "commander";
import { utf8 } from "../kernel/bytes.ts";

export const DEFAULT_DIRECTORY = "heddle-network";

export interface DirectoryOptions {
  readonly dir: string;
  readonly json: boolean;
}

/** `--dir` and `--json`, which nearly every command has. */
export function addDirectoryOptions(command: Command): Command {
  return command
    .option("--dir <folder>", "folder of the network", DEFAULT_DIRECTORY)
    .option("--json", "print JSON for programs", false);
}

export interface ClientOptions extends DirectoryOptions {
  readonly org: string;
  readonly user: string;
}

/** Who speaks: an organisation's user, through that organisation's first peer. */
export function addClientOptions(command: Command): Command {
  return addDirectoryOptions(command)
    .option("--org <name>", "organisation to act for", "org1")
    .option("--user <name>", "its user: User1 or Admin", "User1");
}

/** A whole number from `min` to `max`, for commander. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}

/** A whole number from 0 to 100, with or without the sign. */
export function percent(text: string): number {
  return wholeNumber(0, 100)(text.replace(/%$/, ""));
}

/** Arguments of a contract's function; the function's name comes first. */
export function contractArguments(name: string, rest: readonly string[]): readonly Uint8Array[] {
  return [name, ...rest].map((text) => utf8(text));
}
