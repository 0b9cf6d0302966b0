/**
 * `npm test [-- PATH…]`: every test, or those below the given paths. What runs real processes comes last, two files at a
 * time: they wait for each other's processes more than they compute.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const COMPUTING = ["meta", "unit", "golden", "conformance", "scenarios", "sim"].map(
  (name) => `test/${name}`,
);
const INTEGRATION = "test/integration";
const paths = process.argv.slice(2);

const phases: readonly (readonly string[])[] =
  paths.length > 0
    ? [paths]
    : [
        [...COMPUTING, "--maxWorkers=100%"],
        [INTEGRATION, "--maxWorkers=2"],
      ];

for (const args of phases) {
  const present = args.filter((path) => path.startsWith("-") || existsSync(join(root, path)));
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--config",
      "config/tools/vitest.config.js",
      ...present,
    ],
    { cwd: root, stdio: "inherit" },
  );
  if (status !== 0) process.exit(status ?? 1);
}
