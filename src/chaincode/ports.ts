/** What chaincodes need of the world around them. */
import type { ChaincodePackage, PackageMetadata } from "./core/package-metadata.ts";
import type { PolicyIdentity } from "../policy/index.ts";
import type { Response, SignedProposal } from "../wire/index.ts";

/** Reads of one moment's state. Keys are text; the caller may keep values and must not change them. */
export interface StateReader {
  getState(namespace: string, key: string): Uint8Array | undefined;
  /** `start <= key < end` in the order of UTF-8 bytes; an empty `end` is open. */
  range(namespace: string, start: string, end: string): StateIterator;
  getPrivateDataHash(namespace: string, collection: string, key: string): Uint8Array | undefined;
}

/** Rows of a range, read one by one. */
export interface StateIterator {
  /** The next row, or undefined after the last. */
  next(): { readonly key: string; readonly value: Uint8Array } | undefined;
  /** Idempotent. */
  close(): void;
}

/**
 * The state of one transaction under simulation: reads are recorded, writes are collected and never read back.
 * Throws a `HeddleError` for what the transaction may not do.
 */
export interface StateAccess extends StateReader {
  putState(namespace: string, key: string, value: Uint8Array): void;
  deleteState(namespace: string, key: string): void;
  getPrivateData(namespace: string, collection: string, key: string): Uint8Array | undefined;
  putPrivateData(namespace: string, collection: string, key: string, value: Uint8Array): void;
  deletePrivateData(namespace: string, collection: string, key: string): void;
}

/** What the lifecycle needs to know of a channel's configuration; a `ChannelConfig` is one. */
export interface LifecycleChannel {
  readonly mspManager: {
    readonly mspIds: readonly string[];
    identity(
      serialized: Uint8Array,
    ): { readonly ok: true; readonly identity: PolicyIdentity } | { readonly ok: false };
  };
  /** The policy of an absolute path, or undefined when the channel has none of that name. */
  policy(path: string): unknown;
  readonly application: {
    readonly organizations: readonly { readonly mspId: string }[];
    readonly capabilities: ReadonlySet<string>;
  };
}

/** Says who may call a function of a system chaincode. */
export interface AccessControl {
  /**
   * `resource` is `<chaincode>/<function>`, such as `_lifecycle/InstallChaincode`; an empty `channelId` asks the peer's own policies.
   * Undefined when allowed, else the reason for the refusal.
   */
  refusal(
    resource: string,
    channelId: string,
    signedProposal: SignedProposal,
  ): Promise<string | undefined>;
}

/** One call of a chaincode that is part of the peer. */
export interface SystemChaincodeCall {
  /** Empty for calls without a channel. */
  readonly channelId: string;
  readonly txId: string;
  /** The function's name first. */
  readonly args: readonly Uint8Array[];
  readonly signedProposal: SignedProposal;
  /** Absent for calls without a channel. */
  readonly state: StateAccess | undefined;
}

/** A chaincode that is part of the peer. */
export interface SystemChaincode {
  readonly name: string;
  /** Failures of the call are responses of status 400 and above. */
  invoke(call: SystemChaincodeCall): Promise<Response>;
}

/** Reads the tar.gz archives that packages are made of. Rejects with `ChaincodeError` ("invalid-package"). */
export interface PackageArchive {
  /** Takes an installable package apart and checks its form: metadata.json and code.tar.gz. */
  parse(bytes: Uint8Array): Promise<ChaincodePackage>;
  /** One file of a package's code archive, or undefined when it has none of that name. */
  readCodeFile(code: Uint8Array, path: string): Promise<Uint8Array | undefined>;
}

/** What a chaincode process presents to the peer's chaincode listener, and whom it trusts there. PEM. */
export interface ChaincodeCredentials {
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
  /** The certificate in DER, by which the listener recognises the process. */
  readonly certificateDer: Uint8Array;
  /** Roots of the listener's own certificate. */
  readonly listenerRootsPem: Uint8Array;
}

/** Issues a fresh key pair and certificate for each launch. */
export interface CredentialIssuer {
  issue(packageId: string): Promise<ChaincodeCredentials>;
}

/** What a process needs to know in order to register. */
export interface ChaincodeLaunch {
  readonly packageId: string;
  readonly metadata: PackageMetadata;
  /** The package's code.tar.gz. */
  readonly code: Uint8Array;
  /** Present when the listener speaks TLS. */
  readonly credentials: ChaincodeCredentials | undefined;
}

/** A started chaincode process. */
export interface ChaincodeProcess {
  /** Resolves with a text about its end, at once if it has already ended. Never rejects. */
  readonly ended: Promise<string>;
  /** Kills it and resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the processes of one or more package types. */
export interface ChaincodeRuntime {
  canRun(metadata: PackageMetadata): boolean;
  /** Resolves once the process is started, not registered. Rejects with `ChaincodeError` ("launch-failed", "invalid-package"). */
  start(launch: ChaincodeLaunch): Promise<ChaincodeProcess>;
}
