/** Chaincodes: what is defined, what is installed, and running it. */
export { type ChaincodeErrorCode } from "./errors.ts";
export type {
  AccessControl,
  ChaincodeCredentials,
  ChaincodeLaunch,
  ChaincodeProcess,
  ChaincodeRuntime,
  CredentialIssuer,
  LifecycleChannel,
  PackageArchive,
  StateAccess,
  StateIterator,
  StateReader,
  SystemChaincode,
  SystemChaincodeCall,
} from "./ports.ts";
export {
  readDefinition,
  type ChaincodeDefinition,
  type ChaincodeParameters,
} from "./core/definition.ts";
export { collectionTerms, type CollectionTerms } from "./core/collection-terms.ts";
export { LIFECYCLE_NAMESPACE, mspIdOfImplicitCollection } from "./core/lifecycle-keys.ts";
export { failure, success } from "./core/response.ts";
export type { ChaincodeResolution, ChaincodeVersion } from "./core/deployed-chaincodes.ts";
export {
  packageIdOf,
  type ChaincodePackage,
  type InstalledPackage,
  type PackageMetadata,
} from "./core/package-metadata.ts";
export { PackageStore, type PackageInstallation, type PackageStoreDeps } from "./package-store.ts";
export { Lifecycle, type ChaincodeRunner, type LifecycleDeps } from "./lifecycle.ts";
export {
  ChaincodeSupport,
  type ChaincodeSupportDeps,
  type ChaincodeSupportOptions,
  type ExecuteCall,
  type ExecuteResult,
} from "./chaincode-support.ts";
