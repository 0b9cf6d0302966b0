#!/usr/bin/env node
/** The program `heddle`. */
import { EXIT, Output } from "./output.ts";
import { createProgram, usageExitCode } from "./program.ts";

// Whoever reads no further, as `head` does, has what he wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  const program = await createProgram(process.argv[2] ?? "");
  await program.parseAsync();
} catch (error) {
  process.exitCode = usageExitCode(error) ?? EXIT.failed;
  if (usageExitCode(error) === undefined) {
    new Output({ json: process.argv.includes("--json") }).fail(error);
  }
}
