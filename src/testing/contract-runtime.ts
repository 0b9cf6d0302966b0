/** Runs contracts of the test's own process: they dial the peer as any contract does. */
import type {
  ChaincodeLaunch,
  ChaincodeProcess,
  ChaincodeRuntime,
  PackageMetadata,
} from "../chaincode/index.ts";
import { GrpcDialer } from "../kernel/adapters/grpc-dialer.ts";
import { errorMessage } from "../kernel/error.ts";
import { ChaincodeSupportDefinition, methodOf } from "../wire/index.ts";
import { ContractSession } from "./contract-session.ts";
import type { Contract } from "./contract.ts";
import { TestNetworkError } from "./errors.ts";

const register = methodOf(ChaincodeSupportDefinition, "register");

export class ContractRuntime implements ChaincodeRuntime {
  readonly #contracts: ReadonlyMap<string, Contract>;
  readonly #peerAddress: string;
  readonly #serverName: string;

  /** `contracts`: by the label of their package; may grow. `peerAddress`: of the listener for chaincodes. */
  constructor(
    contracts: ReadonlyMap<string, Contract>,
    peer: { readonly address: string; readonly serverName: string },
  ) {
    this.#contracts = contracts;
    this.#peerAddress = peer.address;
    this.#serverName = peer.serverName;
  }

  canRun({ type }: PackageMetadata): boolean {
    return type === "in-process";
  }

  start({ packageId, metadata, credentials }: ChaincodeLaunch): Promise<ChaincodeProcess> {
    const contract = this.#contracts.get(metadata.label);
    if (contract === undefined || credentials === undefined) {
      const reason = `${metadata.label} was not deployed by this network`;
      return Promise.reject(new TestNetworkError("unknown name", reason));
    }
    const channel = new GrpcDialer({ clientCertificate: credentials }).dial({
      address: this.#peerAddress,
      tls: { rootsPem: [credentials.listenerRootsPem], serverName: this.#serverName },
    });
    const stream = channel.stream(register);
    const session = new ContractSession(contract, (message) => {
      // A stream that is over ends the session below.
      stream.send(message).catch(() => undefined);
    });
    session.register(packageId);
    const serve = async (): Promise<string> => {
      try {
        for await (const message of stream.responses) session.receive(message);
        return "the peer ended the stream";
      } catch (error) {
        return errorMessage(error);
      } finally {
        channel.close();
      }
    };
    const ended = serve();
    const stop = async (): Promise<void> => {
      stream.cancel();
      await ended;
    };
    return Promise.resolve({ ended, stop });
  }
}
