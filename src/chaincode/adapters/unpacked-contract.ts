/** A package's code on disk, ready to be started by Node. */
import { access, lstat, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseJsonObject } from "../core/package-metadata.ts";
import { dependenciesOf, startCommandOf, type StartCommand } from "../core/start-command.ts";
import { ChaincodeError } from "../errors.ts";
import { readArchive } from "./tar-archive.ts";

export interface UnpackedContract {
  /** Holds package.json. */
  readonly directory: string;
  readonly command: StartCommand;
}

/**
 * Unpacks code.tar.gz into `directory` unless it is there already, and gives the contract the shim that comes with this
 * program when it brings none. Rejects with `ChaincodeError` ("invalid-package", "launch-failed").
 */
export async function unpackContract(
  code: Uint8Array,
  directory: string,
): Promise<UnpackedContract> {
  if (!(await exists(directory))) await unpack(code, directory);
  const sources = join(directory, "src");
  const packageJson = await readPackageJson(sources);
  await linkDependencies(sources);
  await checkDependencies(sources, dependenciesOf(packageJson));
  return { directory: sources, command: startCommandOf(packageJson) };
}

/** The shim's program, as the contract in `directory` finds it. */
export function shimProgram(directory: string): string {
  return createRequire(join(directory, "package.json")).resolve("fabric-shim/cli.js");
}

// The rename makes it all or nothing: a folder of that name is complete.
async function unpack(code: Uint8Array, directory: string): Promise<void> {
  const files = await readArchive(code);
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  for (const { path, bytes } of files) {
    const target = join(partial, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  }
  await mkdir(partial, { recursive: true });
  await rename(partial, directory);
}

async function readPackageJson(sources: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(sources, "package.json");
  if (!(await exists(path))) {
    throw new ChaincodeError(
      "invalid-package",
      "no src/package.json in the package's code: package the folder that holds package.json",
    );
  }
  return parseJsonObject(new Uint8Array(await readFile(path)), "package.json");
}

async function linkDependencies(sources: string): Promise<void> {
  const link = join(sources, "node_modules");
  if (await isThere(link)) {
    // A link of an earlier run may lead to where this program no longer is.
    if (!(await lstat(link)).isSymbolicLink()) return;
    await rm(link);
  }
  const shim = createRequire(import.meta.url).resolve("fabric-shim/package.json");
  await symlink(dirname(dirname(shim)), link, "junction");
}

async function checkDependencies(sources: string, names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) {
    if (!(await exists(join(sources, "node_modules", name)))) missing.push(name);
  }
  if (missing.length === 0) return;
  throw new ChaincodeError(
    "launch-failed",
    `the contract needs ${missing.join(", ")}, which a peer does not provide: bundle them into the contract's code or run it as a service`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
