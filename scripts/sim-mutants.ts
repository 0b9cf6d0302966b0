/** `npm run sim:mutants`: plants every known bug, one after the other, and fails if one is not caught. `npm test` plants a sample. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config",
    "config/tools/vitest.config.js",
    "test/sim/mutants",
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, HEDDLE_MUTANTS: "all" } },
);
process.exit(status ?? 1);
