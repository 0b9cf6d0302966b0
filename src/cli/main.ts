#!/usr/bin/env node
/** The program `heddle`. */
import { EXIT, Output } from "./output.ts";
import { createProgram, usageExitCode } from "./program.ts";

try {
  const program = await createProgram(process.argv[2] ?? "");
  await program.parseAsync();
} catch (error) {
  process.exitCode = usageExitCode(error) ?? EXIT.failed;
  if (usageExitCode(error) === undefined) {
    new Output({ json: process.argv.includes("--json") }).fail(error);
  }
}
