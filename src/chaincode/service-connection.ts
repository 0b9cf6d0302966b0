import { errorMessage } from "../kernel/error.ts";
import { methodOf, ChaincodeDefinition as ChaincodeService } from "../wire/index.ts";
import type { RpcDialer } from "../kernel/ports/rpc.ts";
import type { StartedChaincode } from "./chaincode-processes.ts";
import type { MessagePipe } from "./chaincode-stream.ts";
import { parseConnection } from "./core/connection.ts";
import type { PackageMetadata } from "./core/package-metadata.ts";
import { ChaincodeError } from "./errors.ts";
import type { PackageArchive } from "./ports.ts";

export interface ServiceConnectionDeps {
  readonly archive: PackageArchive;
  readonly dialer: RpcDialer;
  readonly packageId: string;
  /** The package's code.tar.gz, which holds connection.json. */
  readonly code: Uint8Array;
}

/** Whether a package stands for a chaincode that runs by itself and waits for peers. */
export function isService(metadata: PackageMetadata): boolean {
  return metadata.type === "ccaas";
}

/**
 * Dials a chaincode service; `serve` drives the stream to its end. The service outlives the connection:
 * stopping hangs up, and the next transaction dials again.
 */
export async function connectService(
  { archive, dialer, packageId, code }: ServiceConnectionDeps,
  serve: (pipe: MessagePipe) => Promise<string>,
): Promise<StartedChaincode> {
  const file = await archive.readCodeFile(code, "connection.json");
  if (file === undefined) {
    throw new ChaincodeError("invalid-package", `connection.json not found in ${packageId}`);
  }
  const { target, dialTimeoutMs } = parseConnection(file);
  const channel = dialer.dial(target);
  const stream = channel.stream(methodOf(ChaincodeService, "connect"));
  const pipe: MessagePipe = {
    incoming: stream.responses,
    send: (message) => stream.send(message),
  };
  const ended = serve(pipe)
    .catch(errorMessage)
    .then((reason) => {
      stream.cancel();
      channel.close();
      return `connection to ${target.address} terminated: ${reason}`;
    });
  const stop = async (): Promise<void> => {
    stream.cancel();
    await ended;
  };
  return { process: { ended, stop }, isSupervised: false, registerTimeoutMs: dialTimeoutMs };
}
