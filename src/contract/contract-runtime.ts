/** Runs contracts of this process: they dial the peer as any contract does. */
import type {
  ChaincodeCredentials,
  ChaincodeLaunch,
  ChaincodeProcess,
  ChaincodeRuntime,
  PackageMetadata,
} from "../chaincode/index.ts";
import { errorMessage } from "../kernel/error.ts";
import type { RpcChannel } from "../kernel/ports/rpc.ts";
import { ChaincodeSupportDefinition, methodOf } from "../wire/index.ts";
import { ContractSession } from "./contract-session.ts";
import type { Contract } from "./contract.ts";
import { ContractError } from "./errors.ts";

const register = methodOf(ChaincodeSupportDefinition, "register");

export interface ContractRuntimeDeps {
  /** By the label of their package; may grow. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Dials the peer's listener for chaincodes, presenting these credentials. */
  readonly dial: (credentials: ChaincodeCredentials) => RpcChannel;
}

export class ContractRuntime implements ChaincodeRuntime {
  readonly #contracts: ReadonlyMap<string, Contract>;
  readonly #dial: ContractRuntimeDeps["dial"];

  constructor({ contracts, dial }: ContractRuntimeDeps) {
    this.#contracts = contracts;
    this.#dial = dial;
  }

  canRun({ type }: PackageMetadata): boolean {
    return type === "in-process";
  }

  start({ packageId, metadata, credentials }: ChaincodeLaunch): Promise<ChaincodeProcess> {
    const contract = this.#contracts.get(metadata.label);
    if (contract === undefined || credentials === undefined) {
      const reason = `${metadata.label} is not among the contracts of this process`;
      return Promise.reject(new ContractError("unknown name", reason));
    }
    const channel = this.#dial(credentials);
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
