/** Writes the import table of docs/ARCHITECTURE.md from the module map. `--check`: fails when it is out of date. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const path = fileURLToPath(new URL("docs/ARCHITECTURE.md", root));
const { modules } = createRequire(import.meta.url)(
  fileURLToPath(new URL("config/tools/architecture.cjs", root)),
) as { readonly modules: Readonly<Record<string, readonly string[]>> };

const OPENING = "<!-- imports: written by `npm run fix` -->";
const CLOSING = "<!-- /imports -->";

const rows = Object.entries(modules).map(([name, allowed]) => {
  // Of two modules where one may import the other, the higher says enough.
  const direct = allowed.filter((one) => !allowed.some((other) => modules[other]?.includes(one)));
  return `| \`${name}\` | ${direct.map((one) => `\`${one}\``).join(", ") || "nothing"} |`;
});
const table = ["| module | may import (and what those may) |", "|---|---|", ...rows].join("\n");

const current = readFileSync(path, "utf8");
const [before = "", rest = ""] = current.split(OPENING);
const after = rest.split(CLOSING)[1] ?? "";
const wanted = `${before}${OPENING}\n${table}\n${CLOSING}${after}`;
if (wanted !== current) {
  if (process.argv.includes("--check")) {
    console.error(
      "docs/ARCHITECTURE.md does not match config/tools/architecture.cjs; run `npm run fix`",
    );
    process.exitCode = 1;
  } else {
    writeFileSync(path, wanted);
  }
}
