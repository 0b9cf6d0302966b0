/** `heddle/testing`: a whole network in a test's own process, with faults at its command. */
export { chaos, type ChaosOptions, type ChaosReport } from "./chaos.ts";
export { simulate, type SimulateOptions } from "./simulate.ts";
export type { ContractCall, Workload } from "../sim/index.ts";
export { startNetwork, type StartOptions } from "./start-network.ts";
export {
  TestNetwork,
  type Deployment,
  type GatewayOptions,
  type TestNetworkParts,
} from "./test-network.ts";
export { TestClient, type Submitted, type Transient } from "./test-client.ts";
export type {
  Contract,
  ContractContext,
  ContractFunction,
  ContractResult,
  PrivateContext,
} from "../contract/index.ts";
export type { Collection } from "../network/index.ts";
export { TestNetworkError, type TestNetworkErrorCode } from "./errors.ts";
