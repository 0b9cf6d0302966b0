import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { packageFolder } from "../../chaincode/adapters/package-folder.ts";
import {
  DevelopmentNetwork,
  NetworkError,
  parseCollections,
  type Collection,
} from "../../network/index.ts";
import { parsePolicy } from "../../policy/index.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";

interface DeployOptions extends DirectoryOptions {
  readonly name: string;
  readonly policy?: string;
  readonly packageVersion: string;
  readonly initRequired: boolean;
  readonly collectionsConfig?: string;
}

export function addDeployCommand(program: Command): void {
  addDirectoryOptions(program.command("deploy"))
    .description("deploy a contract, or a new version of it, to every organisation")
    .argument("<source>", "folder of the contract, or a chaincode package (.tar.gz)")
    .requiredOption("--name <name>", "name to call it by")
    .option("--policy <policy>", "who must endorse (default: a majority of the organisations)")
    .option("--package-version <version>", "version in the definition", "1.0")
    .option("--init-required", "the first invocation must be the contract's initialisation", false)
    .option(
      "--collections-config <file>",
      "JSON of the private collections, as Fabric's tools take it",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ heddle deploy ./contract --name basic
  $ heddle deploy basic.tar.gz --name basic --policy "OR('Org1MSP.peer','Org2MSP.peer')"
  $ heddle deploy ./contract --name offers --collections-config collections.json
      where collections.json holds [{ "name": "prices", "policy": "OR('Org1MSP.member')" }]`,
    )
    .action(deploy);
}

async function deploy(source: string, options: DeployOptions): Promise<void> {
  const output = new Output(options);
  const policy = options.policy === undefined ? undefined : parsePolicy(options.policy);
  const collections = await readCollections(options.collectionsConfig);
  if (collections?.some(({ blockToLive }) => blockToLive !== 0) === true) {
    output.step("blockToLive is recorded, and not carried out yet: values stay");
  }
  const network = await DevelopmentNetwork.open(options.dir);
  try {
    const deployed = await network.deploy(
      {
        name: options.name,
        version: options.packageVersion,
        package: await readSource(source, `${options.name}_${options.packageVersion}`),
        policy,
        initRequired: options.initRequired,
        ...(collections && { collections }),
      },
      (text) => {
        output.step(text);
      },
    );
    output.result(
      { name: options.name, ...deployed },
      `deployed ${options.name}, sequence ${deployed.sequence}, in block ${deployed.blockNumber}\npackage ${deployed.packageId}`,
    );
  } finally {
    network.close();
  }
}

async function readCollections(
  file: string | undefined,
): Promise<readonly Collection[] | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(file);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new NetworkError("unknown name", `cannot read the collections in ${path}`, { cause });
  });
  return parseCollections(text, path);
}

/** The package in a file, or one made of a folder. */
export async function readSource(source: string, label: string): Promise<Uint8Array> {
  const path = resolve(source);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new NetworkError(
      "unknown name",
      `${path} does not exist: name a contract's folder or package`,
    );
  }
  return found.isDirectory() ? packageFolder(path, label) : readFile(path);
}
