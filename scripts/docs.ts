/**
 * Writes what documents can say from the code itself: the table of imports in docs/ARCHITECTURE.md from the module map, and
 * docs/LIMITS.md from every limits.ts. `--check`: fails when one of them is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { modules } = createRequire(import.meta.url)(`${root}config/tools/architecture.cjs`) as {
  readonly modules: Readonly<Record<string, readonly string[]>>;
};

const OPENING = "<!-- imports: written by `npm run fix` -->";
const CLOSING = "<!-- /imports -->";

interface Limit {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

keep("docs/ARCHITECTURE.md", withImports(readFileSync(`${root}docs/ARCHITECTURE.md`, "utf8")));
keep("docs/LIMITS.md", limitsDocument());

function keep(path: string, wanted: string): void {
  const current = read(`${root}${path}`);
  if (current === wanted) return;
  if (process.argv.includes("--check")) {
    console.error(`${path} does not match the code; run \`npm run fix\``);
    process.exitCode = 1;
  } else {
    writeFileSync(`${root}${path}`, wanted);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function withImports(document: string): string {
  const rows = Object.entries(modules).map(([name, allowed]) => {
    // Of two modules where one may import the other, the higher says enough.
    const direct = allowed.filter((one) => !allowed.some((other) => modules[other]?.includes(one)));
    return `| \`${name}\` | ${direct.map((one) => `\`${one}\``).join(", ") || "nothing"} |`;
  });
  const table = ["| module | may import (and what those may) |", "|---|---|", ...rows].join("\n");
  const [before = "", rest = ""] = document.split(OPENING);
  const after = rest.split(CLOSING)[1] ?? "";
  return `${before}${OPENING}\n${table}\n${CLOSING}${after}`;
}

function limitsDocument(): string {
  const sections = Object.keys(modules).flatMap((module) => {
    const source = read(`${root}${module}/limits.ts`);
    const limits = limitsIn(source);
    if (limits.length === 0) return [];
    const rows = limits.map(
      ({ name, value, meaning }) => `| \`${name}\` | ${value} | ${meaning} |`,
    );
    return [`## ${module}`, "", "| limit | value | meaning |", "|---|---|---|", ...rows, ""];
  });
  return [
    "# Limits",
    "",
    "Every queue, cache, batch and loop over others' input has a bound. Written by `npm run fix` from the modules' `limits.ts`.",
    "",
    ...sections,
  ].join("\n");
}

/** Constants with the comment above them; several under one comment share it. */
function limitsIn(source: string): readonly Limit[] {
  const limits: Limit[] = [];
  let meaning = "";
  for (const block of source.split(/\n\s*\n/)) {
    const comment = /\/\*\*([\s\S]*?)\*\//.exec(block)?.[1] ?? /^((?:\/\/.*\n?)+)/.exec(block)?.[1];
    meaning = (comment ?? "")
      .replace(/^\s*(\*|\/\/)\s?/gm, "")
      .replace(/\s+/g, " ")
      .trim();
    for (const [, name = "", value = ""] of block.matchAll(
      /export const (\w+)(?:: [^=]+)? = ([^;]+);/g,
    )) {
      limits.push({ name, value: shown(value), meaning: meaning.replaceAll("|", "\\|") });
    }
  }
  return limits;
}

function shown(value: string): string {
  const text = value.replaceAll("_", "").replace(/\s+/g, " ");
  if (!/^[\d\s*+()]+$/.test(text)) return `\`${value.replace(/\s+/g, " ")}\``;
  const product = text.split("*").reduce((result, factor) => result * Number(factor), 1);
  if (product % (1024 * 1024) === 0) return `${product / (1024 * 1024)} Mi`;
  return product.toLocaleString("en-US");
}
