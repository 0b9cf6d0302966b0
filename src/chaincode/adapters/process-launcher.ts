/** Runs contracts written for Node as child processes that dial the peer's chaincode listener. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../kernel/ports/logger.ts";
import { LineSplitter } from "../core/line-splitter.ts";
import type { PackageMetadata } from "../core/package-metadata.ts";
import { ChaincodeError } from "../errors.ts";
import { CHAINCODE_HEAP_MEBIBYTES_MAX } from "../limits.ts";
import type {
  ChaincodeCredentials,
  ChaincodeLaunch,
  ChaincodeProcess,
  ChaincodeRuntime,
} from "../ports.ts";
import { shimProgram, unpackContract, type UnpackedContract } from "./unpacked-contract.ts";

export interface ProcessLauncherOptions {
  /** Where packages are unpacked; made if need be. Absolute. */
  readonly directory: string;
  /** `host:port` of the listener for chaincodes, as a process on this machine reaches it. */
  readonly peerAddress: string;
  /** What contracts see as the peer's organisation. */
  readonly mspId: string;
  /** Heap of one contract's process; it is killed by its own runtime beyond that. Default `CHAINCODE_HEAP_MEBIBYTES_MAX`. */
  readonly heapMebibytesMax?: number;
}

const TYPES: ReadonlySet<string> = new Set(["node", "typescript"]);

/**
 * Runs before the contract: a thread that reads the pipe from the peer and kills the process when it closes.
 * It closes however the peer ends, and the thread runs even while the contract's own thread is stuck.
 */
const WATCHDOG = `
import { Worker } from "node:worker_threads";
const watch = \`
  const { Socket } = require("node:net");
  const pipe = new Socket({ fd: 0 });
  pipe.on("error", () => undefined);
  pipe.on("close", () => process.kill(process.pid, "SIGKILL"));
  pipe.resume();
\`;
new Worker(watch, { eval: true, execArgv: [], env: {} }).unref();
`;

export class ProcessLauncher implements ChaincodeRuntime {
  readonly #logger: Logger;
  readonly #options: ProcessLauncherOptions;

  constructor(deps: { readonly logger: Logger }, options: ProcessLauncherOptions) {
    this.#logger = deps.logger;
    this.#options = options;
  }

  canRun(metadata: PackageMetadata): boolean {
    return TYPES.has(metadata.type);
  }

  async start(launch: ChaincodeLaunch): Promise<ChaincodeProcess> {
    const { packageId, code, credentials } = launch;
    const directory = join(this.#options.directory, packageId.replace(":", "-"));
    await mkdir(this.#options.directory, { recursive: true });
    const contract = await unpackContract(code, directory);
    const tlsEnvironment =
      credentials === undefined ? {} : await writeCredentials(`${directory}.tls`, credentials);
    const child = spawn(process.execPath, this.#argumentsOf(contract, packageId), {
      cwd: contract.directory,
      env: { ...this.#environmentOf(packageId), ...tlsEnvironment },
      // The first pipe is never written: its end is the end of the peer.
      stdio: ["pipe", "pipe", "pipe"],
    });
    return this.#supervise(child, packageId);
  }

  #argumentsOf({ directory, command }: UnpackedContract, packageId: string): string[] {
    const program =
      command.kind === "shim" ? [shimProgram(directory), "start"] : [join(directory, command.path)];
    return [
      `--max-old-space-size=${this.#options.heapMebibytesMax ?? CHAINCODE_HEAP_MEBIBYTES_MAX}`,
      `--import=data:text/javascript,${encodeURIComponent(WATCHDOG)}`,
      ...program,
      ...["--peer.address", this.#options.peerAddress],
      ...["--chaincode-id-name", packageId],
      ...["--module-path", directory],
    ];
  }

  // Nothing of the peer's own environment: it may hold secrets.
  #environmentOf(packageId: string): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      CORE_CHAINCODE_ID_NAME: packageId,
      CORE_PEER_LOCALMSPID: this.#options.mspId,
      CORE_PEER_TLS_ENABLED: "false",
      // At its default the shim says for each invocation that it succeeded.
      CORE_CHAINCODE_LOGGING_LEVEL: "WARNING",
    };
  }

  async #supervise(child: ChildProcess, packageId: string): Promise<ChaincodeProcess> {
    const ended = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => {
        resolve(signal === null ? `exited with code ${code ?? "unknown"}` : `killed by ${signal}`);
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => {
        const reason = `the process of ${packageId} did not start: ${error.message}`;
        reject(new ChaincodeError("launch-failed", reason, { cause: error }));
      });
    });
    // Signals to a process that has just ended fail, which is as well.
    child.on("error", () => undefined);
    child.stdin?.on("error", () => undefined);
    this.#log(child, packageId);
    const stop = async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
    };
    return { ended, stop };
  }

  #log(child: ChildProcess, packageId: string): void {
    const logger = this.#logger.child("chaincode.output", { packageId });
    for (const output of [child.stdout, child.stderr]) {
      const lines = new LineSplitter((line) => {
        logger.info("chaincode output", { line });
      });
      output?.on("data", (bytes: Buffer) => {
        lines.push(bytes);
      });
      output?.once("end", () => {
        lines.end();
      });
    }
  }
}

/** Files and variables as fabric-shim reads them (`…_PATH`: base64 of PEM) and as others do (`…_FILE`: PEM). */
async function writeCredentials(
  directory: string,
  { certificatePem, keyPem, listenerRootsPem }: ChaincodeCredentials,
): Promise<Record<string, string>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const write = async (name: string, content: Uint8Array | string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  return {
    CORE_PEER_TLS_ENABLED: "true",
    CORE_PEER_TLS_ROOTCERT_FILE: await write("root.crt", listenerRootsPem),
    CORE_TLS_CLIENT_KEY_FILE: await write("client.key", keyPem),
    CORE_TLS_CLIENT_CERT_FILE: await write("client.crt", certificatePem),
    CORE_TLS_CLIENT_KEY_PATH: await write("client.key.b64", base64(keyPem)),
    CORE_TLS_CLIENT_CERT_PATH: await write("client.crt.b64", base64(certificatePem)),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
