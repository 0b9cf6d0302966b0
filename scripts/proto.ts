/**
 * Generates src/wire/gen and test/fixtures/descriptors.binpb from proto/.
 *
 *   npm run build && node dist/scripts/proto.js           writes them
 *   npm run build && node dist/scripts/proto.js --check   fails when they differ from proto/
 *
 * Run it at the root of the repository. Where dist/ cannot be built because the generated code is missing,
 * `npx tsc --ignoreConfig --module nodenext --target es2023 --types node --rewriteRelativeImportExtensions
 * --rootDir . --outDir /tmp/heddle scripts/proto.ts` compiles this file alone.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { harden } from "./proto-harden.ts";

const GENERATED = "src/wire/gen";
const DESCRIPTORS = "test/fixtures/descriptors.binpb";

function buf(...args: readonly string[]): void {
  execFileSync("node_modules/.bin/buf", args, { stdio: "inherit" });
}

/** Paths of all files under `folder`, relative to it, sorted. */
function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Writes the generated tree and the descriptors below `root`. */
function generate(root: string): void {
  buf("generate", "proto", "--template", "proto/buf.gen.yaml", "--output", root);
  const folder = join(root, GENERATED);
  for (const file of filesUnder(folder)) {
    const path = join(folder, file);
    writeFileSync(path, harden(readFileSync(path, "utf8"), file));
  }
  mkdirSync(dirname(join(root, DESCRIPTORS)), { recursive: true });
  buf("build", "proto", "--exclude-source-info", "--output", join(root, DESCRIPTORS));
}

function isSameFile(a: string, b: string): boolean {
  return readFileSync(a).equals(readFileSync(b));
}

/** What differs between the committed files and freshly generated ones, one line each. */
function differences(): readonly string[] {
  const fresh = mkdtempSync(join(tmpdir(), "heddle-proto-"));
  try {
    generate(fresh);
    const wanted = filesUnder(join(fresh, GENERATED));
    const present = filesUnder(GENERATED);
    return [
      ...wanted.filter((file) => !present.includes(file)).map((file) => `missing: ${file}`),
      ...present.filter((file) => !wanted.includes(file)).map((file) => `left over: ${file}`),
      ...wanted
        .filter((file) => present.includes(file))
        .filter((file) => !isSameFile(join(GENERATED, file), join(fresh, GENERATED, file)))
        .map((file) => `differs: ${file}`),
      ...(isSameFile(DESCRIPTORS, join(fresh, DESCRIPTORS)) ? [] : [`differs: ${DESCRIPTORS}`]),
    ];
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  const found = differences();
  for (const line of found) console.error(line);
  if (found.length > 0) {
    console.error("generated code is stale: run node dist/scripts/proto.js and commit the result");
    process.exitCode = 1;
  }
} else {
  generate(".");
}
