import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import type { Edit } from "./mutation.ts";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

interface CopyPlan {
  readonly root: string;
  readonly program: string;
  readonly edits: readonly Edit[];
  readonly cache: CompiledFiles;
}

/**
 * A program and everything that it imports from this repository, compiled into a folder of its own with some places
 * changed. So it is the very code of the repository that runs with the fault, and nothing in it knows of tests.
 */
export class MutatedCopy {
  readonly #folder: string;
  /** Of the compiled program. */
  readonly program: string;

  /** `program` is a path from `root`, that of the repository. Throws unless each place to change is there exactly once. */
  constructor({ root, program, edits, cache }: CopyPlan) {
    const files = cache.importedBy(program);
    for (const { file } of edits) {
      if (!files.includes(file)) throw new Error(`${program} does not import ${file}`);
    }
    this.#folder = mkdtempSync(join(tmpdir(), "heddle-mutant-"));
    this.program = join(this.#folder, compiledName(program));
    writeFileSync(join(this.#folder, "package.json"), '{ "type": "module" }\n');
    symlinkSync(join(root, "node_modules"), join(this.#folder, "node_modules"));
    for (const path of files) this.#write(path, cache.compiledWith(path, edits));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(path: string, code: string): void {
    const target = join(this.#folder, compiledName(path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
}

/** Each file is read and compiled once for all copies. */
export class CompiledFiles {
  readonly #root: string;
  readonly #code = new Map<string, string>();
  readonly #imported = new Map<string, readonly string[]>();

  constructor(root: string) {
    this.#root = root;
  }

  /** `path` with those of `edits` that are about it. */
  compiledWith(path: string, edits: readonly Edit[]): string {
    const here = edits.filter(({ file }) => file === path);
    return here.length === 0
      ? this.#compiled(path)
      : compile(here.reduce(edited, this.#source(path)));
  }

  /** `path` and every file of the repository that it imports, directly or not. */
  importedBy(path: string): readonly string[] {
    const found = new Set([path]);
    for (const file of found) for (const target of this.#importsOf(file)) found.add(target);
    return [...found];
  }

  #importsOf(file: string): readonly string[] {
    const known = this.#imported.get(file);
    if (known !== undefined) return known;
    const imports = ts
      .preProcessFile(this.#source(file))
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => name.startsWith(".") && name.endsWith(".ts"))
      .map((name) => relative(this.#root, join(this.#root, dirname(file), name)));
    this.#imported.set(file, imports);
    return imports;
  }

  #compiled(path: string): string {
    const known = this.#code.get(path);
    if (known !== undefined) return known;
    const code = compile(this.#source(path));
    this.#code.set(path, code);
    return code;
  }

  #source(path: string): string {
    return readFileSync(join(this.#root, path), "utf8");
  }
}

/** `code` with the change in it. Throws unless the place to change is there exactly once. */
export function edited(code: string, { file, search, replacement }: Edit): string {
  const parts = code.split(search);
  if (parts.length === 2) return parts.join(replacement);
  throw new Error(`${file} has ${parts.length - 1} times the text to change: ${search}`);
}

function compile(code: string): string {
  return ts.transpileModule(code, { compilerOptions: OPTIONS }).outputText;
}

function compiledName(path: string): string {
  return path.replace(/\.ts$/, ".js");
}
