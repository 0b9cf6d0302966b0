import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { packageFolder } from "../../chaincode/adapters/package-folder.ts";
import { DevelopmentNetwork, NetworkError } from "../../network/index.ts";
import { parsePolicy } from "../../policy/index.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";

interface DeployOptions extends DirectoryOptions {
  readonly name: string;
  readonly policy?: string;
  readonly packageVersion: string;
  readonly initRequired: boolean;
}

export function addDeployCommand(program: Command): void {
  addDirectoryOptions(program.command("deploy"))
    .description("deploy a contract, or a new version of it, to every organisation")
    .argument("<source>", "folder of the contract, or a chaincode package (.tar.gz)")
    .requiredOption("--name <name>", "name to call it by")
    .option("--policy <policy>", "who must endorse (default: a majority of the organisations)")
    .option("--package-version <version>", "version in the definition", "1.0")
    .option("--init-required", "the first invocation must be the contract's initialisation", false)
    .addHelpText(
      "after",
      `
Examples:
  $ heddle deploy ./contract --name basic
  $ heddle deploy basic.tar.gz --name basic --policy "OR('Org1MSP.peer','Org2MSP.peer')"`,
    )
    .action(deploy);
}

async function deploy(source: string, options: DeployOptions): Promise<void> {
  const output = new Output(options);
  const policy = options.policy === undefined ? undefined : parsePolicy(options.policy);
  const network = await DevelopmentNetwork.open(options.dir);
  try {
    const deployed = await network.deploy(
      {
        name: options.name,
        version: options.packageVersion,
        package: await readSource(source, `${options.name}_${options.packageVersion}`),
        policy,
        initRequired: options.initRequired,
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
