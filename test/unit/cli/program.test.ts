import type { Command, OutputConfiguration } from "commander";
import { beforeEach, describe, expect, test } from "vitest";
import { createProgram, usageExitCode } from "../../../src/cli/program.ts";

let printed: string;
const texts: OutputConfiguration = {
  writeOut: (text) => (printed += text),
  writeErr: (text) => (printed += text),
};

beforeEach(() => {
  printed = "";
});

/** Runs the program with bad usage or a plea for help, either of which ends it. */
async function endOf(args: readonly string[]): Promise<number | undefined> {
  const program = await createProgram(args[0] ?? "", texts);
  const error = await program.parseAsync(args, { from: "user" }).catch((cause: unknown) => cause);
  return usageExitCode(error);
}

function pathsBelow(command: Command, path: readonly string[]): readonly (readonly string[])[] {
  return command.commands.flatMap((each) => {
    const own = [...path, each.name()];
    return [own, ...pathsBelow(each, own)];
  });
}

describe("the program", () => {
  test("has an example in every command's help", async () => {
    const paths = pathsBelow(await createProgram("", texts), []);
    expect(paths.length).toBeGreaterThan(50);
    for (const path of [[], ...paths]) {
      printed = "";
      expect([path, await endOf([...path, "--help"])]).toEqual([path, 0]);
      expect([path, printed]).toEqual([
        path,
        expect.stringMatching(/Examples?:\n {2}\$ heddle /) as string,
      ]);
    }
  });

  test.each([
    [["nonsense"]],
    [["constructor"]],
    [["__proto__"]],
    [["up", "--orderers", "0"]],
    [["up", "--port-offset", "1e9"]],
    [["up", "surplus"]],
    [["deploy", "x"]],
    [["block", "-1"]],
    [["tx", "short"]],
    [["status", "--nonsense"]],
    [["chaos", "power-loss"]],
    [["chaos", "power-loss", "orderer1", "--seed", "-1"]],
    [["chaos", "crash-at", "orderer1", "log segment flushed", "--seed", "x"]],
  ])("says what is wrong with the usage %j", async (args) => {
    expect(await endOf(args)).toBe(2);
    expect(printed).toMatch(/^error: .+/);
  });

  test("leaves other errors to who runs it", () => {
    expect(usageExitCode(new Error("no such network"))).toBeUndefined();
  });
});
