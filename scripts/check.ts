/** `npm run check`: everything that must hold before a change is proposed. Reads only; `npm run fix` writes. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = ["src", "cluster", "gossip", "test", "scripts"];
const tools = "config/tools";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const steps: readonly Step[] = [
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json", "--noEmit", "--incremental", "false"] },
  {
    name: "lint",
    command: ["eslint", "--config", `${tools}/eslint.config.js`, "--max-warnings", "0", ...sources],
  },
  {
    name: "architecture",
    command: [
      "depcruise",
      "--config",
      `${tools}/dependency-cruiser.cjs`,
      "src",
      "cluster",
      "gossip",
      "scripts",
    ],
  },
  { name: "dead code", command: ["knip", "--config", `${tools}/knip.json`, "--no-progress"] },
  { name: "proto lint", command: ["buf", "lint", "proto"] },
  { name: "documents", command: ["node", "dist/scripts/docs.js", "--check"] },
  { name: "generated code", command: ["node", "dist/scripts/proto.js", "--check"] },
  {
    name: "unit tests",
    command: [
      "vitest",
      "run",
      "--config",
      `${tools}/vitest.config.js`,
      "--reporter",
      "dot",
      "test/unit",
      "test/golden",
      "test/meta",
    ],
  },
];

const only = process.argv.slice(2);
if (only.includes("--help")) {
  console.log(
    `Usage: npm run check [-- STEP…]\n\nSteps: ${steps.map(({ name }) => `"${name}"`).join(", ")}`,
  );
  process.exit(0);
}

const failed: string[] = [];
for (const { name, command } of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const startedAt = performance.now();
  const [tool = "", ...args] = command;
  const program = tool === "node" ? process.execPath : join(root, "node_modules", ".bin", tool);
  const result = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? "✔" : "✖"} ${name} (${seconds} s)`);
  if (!passed) {
    console.log(`${result.stdout}${result.stderr}`.trimEnd());
    failed.push(name);
  }
}
if (failed.length > 0) {
  console.log(
    `\nfailed: ${failed.join(", ")}; \`npm run fix\` mends what can be mended automatically`,
  );
  process.exitCode = 1;
}
