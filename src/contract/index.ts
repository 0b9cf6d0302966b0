/**
 * Contracts as functions of this process, for tests and simulations: their end of Fabric's shim protocol, and the runtime that
 * peers start them with. Does not own: connections, which its host dials.
 */
export type { CompositeKey } from "./composite-key.ts";
export type {
  Contract,
  ContractContext,
  ContractFunction,
  ContractResult,
  KeyValue,
  PrivateContext,
} from "./contract.ts";
export { ContractRuntime, type ContractRuntimeDeps } from "./contract-runtime.ts";
