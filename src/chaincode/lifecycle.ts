import { utf8Decode } from "../kernel/bytes.ts";
import { HeddleError } from "../kernel/error.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import {
  encode,
  GetInstalledChaincodePackageArgs,
  GetInstalledChaincodePackageResult,
  InstallChaincodeArgs,
  InstallChaincodeResult,
  QueryInstalledChaincodeArgs,
  QueryInstalledChaincodeResult,
  QueryInstalledChaincodesArgs,
  QueryInstalledChaincodesResult,
  type Response,
} from "../wire/index.ts";
import {
  DeployedChaincodes,
  type ChaincodeResolution,
  type ChaincodeVersion,
} from "./core/deployed-chaincodes.ts";
import { LIFECYCLE_NAMESPACE } from "./core/lifecycle-keys.ts";
import { CHANNEL_FUNCTIONS, decodeArgs, type ChannelFunction } from "./core/lifecycle-functions.ts";
import { installedResult } from "./core/lifecycle-messages.ts";
import { failure, success } from "./core/response.ts";
import { ChaincodeError } from "./errors.ts";
import { packageNotFound, type PackageStore } from "./package-store.ts";
import type {
  AccessControl,
  LifecycleChannel,
  StateReader,
  SystemChaincode,
  SystemChaincodeCall,
} from "./ports.ts";
import type { InstalledPackage, PackageMetadata } from "./core/package-metadata.ts";

/** What the lifecycle tells the side that runs chaincodes. */
export interface ChaincodeRunner {
  /** Why packages of this type cannot run here, or undefined if they can. */
  unsupported(metadata: PackageMetadata): string | undefined;
  /** These packages are in use on some channel: start those that do not run, stop the others. */
  keep(packageIds: ReadonlySet<string>): void;
}

export interface LifecycleDeps {
  readonly packages: PackageStore;
  readonly access: AccessControl;
  readonly runner: ChaincodeRunner;
  /** The configuration of a channel the peer has joined. */
  readonly channelOf: (channelId: string) => LifecycleChannel | undefined;
  readonly logger: Logger;
}

/** A function of `_lifecycle`: from its marshalled argument to its marshalled result. */
type LifecycleFunction = (argument: Uint8Array, call: SystemChaincodeCall) => Promise<Uint8Array>;

/**
 * The system chaincode `_lifecycle`, and the knowledge of what is deployed where that follows from its state.
 * Answers as Fabric's does, text for text: core/chaincode/lifecycle/scc.go.
 */
export class Lifecycle implements SystemChaincode {
  readonly name: string = LIFECYCLE_NAMESPACE;
  readonly #deps: LifecycleDeps;
  readonly #mspId: string;
  readonly #deployed: DeployedChaincodes;
  readonly #listeners = new Set<() => void>();
  readonly #functions: ReadonlyMap<string, LifecycleFunction> = new Map<string, LifecycleFunction>([
    ["InstallChaincode", (argument) => this.#install(argument)],
    ["QueryInstalledChaincode", (argument) => this.#queryInstalled(argument)],
    ["QueryInstalledChaincodes", (argument) => this.#queryAllInstalled(argument)],
    ["GetInstalledChaincodePackage", (argument) => this.#readPackage(argument)],
    ...[...CHANNEL_FUNCTIONS].map(([name, run]) => [name, this.#onChannel(run)] as const),
  ]);

  private constructor(deps: LifecycleDeps, options: { readonly mspId: string }) {
    this.#deps = deps;
    this.#mspId = options.mspId;
    this.#deployed = new DeployedChaincodes(options.mspId);
  }

  /** Knows the installed packages once it resolves; channels become known by `update`. `mspId` is the peer's organisation. */
  static async open(deps: LifecycleDeps, options: { readonly mspId: string }): Promise<Lifecycle> {
    const lifecycle = new Lifecycle(deps, options);
    for (const { packageId } of await deps.packages.list()) {
      lifecycle.#deployed.addPackage(packageId);
    }
    return lifecycle;
  }

  /**
   * Reads a channel's definitions afresh: when the channel is opened and after each block that wrote to `_lifecycle`,
   * before anyone is told of the block. Launches in the background what can run now and stops what is no longer used.
   */
  update(channelId: string, state: StateReader): void {
    this.#deployed.update(channelId, state);
    this.#deps.runner.keep(this.#deployed.referencedPackageIds());
  }

  /** The package that runs a chaincode; `state` is the transaction's, which records the read. */
  resolve(
    channelId: string,
    chaincodeName: string,
    state: Pick<StateReader, "getState">,
  ): ChaincodeResolution {
    return this.#deployed.resolve(channelId, chaincodeName, state);
  }

  /** Calls `listener` when an installation may have changed what is runnable, on any channel. Answers how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** For gossip: what this peer can endorse on a channel, with sequences as versions. */
  runnableChaincodes(channelId: string): readonly ChaincodeVersion[] {
    return this.#deployed.runnable(channelId);
  }

  async invoke(call: SystemChaincodeCall): Promise<Response> {
    const [nameBytes, argument] = call.args;
    if (nameBytes === undefined) {
      return failure("lifecycle scc must be invoked with arguments");
    }
    if (argument === undefined || call.args.length !== 2) {
      return failure(
        `lifecycle scc operations require exactly two arguments but received ${call.args.length}`,
      );
    }
    const functionName = functionNameOf(nameBytes);
    const refusal =
      this.#channelRefusal(call.channelId) ?? (await this.#refusal(functionName, call));
    return refusal === undefined ? this.#dispatch(functionName, argument, call) : failure(refusal);
  }

  #channelRefusal(channelId: string): string | undefined {
    if (channelId === "") return undefined;
    const channel = this.#deps.channelOf(channelId);
    if (channel === undefined) return `could not get channelconfig for channel '${channelId}'`;
    return hasLifecycle(channel.application.capabilities)
      ? undefined
      : `cannot use new lifecycle for channel '${channelId}' as it does not have the required capabilities enabled`;
  }

  async #refusal(functionName: string, call: SystemChaincodeCall): Promise<string | undefined> {
    const resource = `${LIFECYCLE_NAMESPACE}/${functionName}`;
    const { access } = this.#deps;
    const reason = await access.refusal(resource, call.channelId, call.signedProposal);
    if (reason === undefined) return undefined;
    return `Failed to authorize invocation due to failed ACL check: ${reason}`;
  }

  async #dispatch(
    functionName: string,
    argument: Uint8Array,
    call: SystemChaincodeCall,
  ): Promise<Response> {
    const handler = this.#functions.get(functionName);
    try {
      if (handler === undefined) {
        const reason = `receiver *lifecycle.Invocation.${functionName} does not exist`;
        throw new ChaincodeError("refused", reason);
      }
      return success(await handler(argument, call));
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      if (isAbsence(error.code)) return failure(error.message, 404);
      return failure(
        `failed to invoke backing implementation of '${functionName}': ${error.message}`,
      );
    }
  }

  #onChannel(run: ChannelFunction): LifecycleFunction {
    // What the state refuses is an answer as well: a rejection, not a throw.
    return async (argument, { channelId, state }) => {
      const channel = this.#deps.channelOf(channelId);
      if (channel === undefined || state === undefined) {
        const reason = `no application config for channel '${channelId}'`;
        throw new ChaincodeError("refused", reason);
      }
      await Promise.resolve();
      return run(argument, { channelId, channel, mspId: this.#mspId, state });
    };
  }

  async #install(argument: Uint8Array): Promise<Uint8Array> {
    const args = decodeArgs(InstallChaincodeArgs, argument);
    const { packages, runner, logger } = this.#deps;
    const installation = await packages.install(args.chaincodeInstallPackage);
    const { packageId, label, metadata, wasInstalled } = installation;
    if (wasInstalled) {
      throw new ChaincodeError(
        "refused",
        `chaincode already successfully installed (package ID '${packageId}')`,
      );
    }
    const unsupported = runner.unsupported(metadata);
    if (unsupported !== undefined) {
      // Kept all the same: an organisation may hand out packages that other peers run.
      logger.warn("this peer cannot run an installed package", { packageId, reason: unsupported });
    }
    this.#deployed.addPackage(packageId);
    runner.keep(this.#deployed.referencedPackageIds());
    for (const listener of this.#listeners) listener();
    return encode(InstallChaincodeResult, { packageId, label });
  }

  async #queryInstalled(argument: Uint8Array): Promise<Uint8Array> {
    const { packageId } = decodeArgs(QueryInstalledChaincodeArgs, argument);
    const installed = (await this.#installed()).find((each) => each.packageId === packageId);
    if (installed === undefined) {
      const reason = `could not find chaincode with package id '${packageId}'`;
      throw new ChaincodeError("refused", reason);
    }
    const references = this.#deployed.referencesTo(packageId);
    return encode(QueryInstalledChaincodeResult, installedResult(installed, references));
  }

  async #queryAllInstalled(argument: Uint8Array): Promise<Uint8Array> {
    decodeArgs(QueryInstalledChaincodesArgs, argument);
    const installedChaincodes = (await this.#installed()).map((installed) =>
      installedResult(installed, this.#deployed.referencesTo(installed.packageId)),
    );
    return encode(QueryInstalledChaincodesResult, { installedChaincodes });
  }

  #installed(): Promise<readonly InstalledPackage[]> {
    return this.#deps.packages.list();
  }

  async #readPackage(argument: Uint8Array): Promise<Uint8Array> {
    const { packageId } = decodeArgs(GetInstalledChaincodePackageArgs, argument);
    const bytes = await this.#deps.packages.read(packageId);
    if (bytes === undefined) throw packageNotFound(packageId);
    return encode(GetInstalledChaincodePackageResult, { chaincodeInstallPackage: bytes });
  }
}

/** Fabric: the new lifecycle came with the application capability V2_0. */
function hasLifecycle(capabilities: ReadonlySet<string>): boolean {
  return capabilities.has("V2_0") || capabilities.has("V2_5");
}

function isAbsence(code: unknown): boolean {
  return code === "not-defined" || code === "package-not-found";
}

function functionNameOf(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes);
  } catch {
    return "";
  }
}
