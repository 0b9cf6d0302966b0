/** `npm run fix`: rewrites what can be mended automatically: generated code, lint, format. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const commands: readonly (readonly string[])[] = [
  ["node", "dist/scripts/proto.js"],
  ["node", "dist/scripts/docs.js"],
  [
    "eslint",
    "--config",
    "config/tools/eslint.config.js",
    "--fix",
    "src",
    "cluster",
    "gossip",
    "test",
    "scripts",
  ],
  ["prettier", "--write", "--log-level", "warn", "."],
];

for (const [tool = "", ...args] of commands) {
  const program = tool === "node" ? process.execPath : join(root, "node_modules", ".bin", tool);
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
