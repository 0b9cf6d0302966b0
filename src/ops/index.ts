/**
 * Operations: what an operator sees of a node. Owns health checks and the logging specification;
 * its adapters hold the log, the metrics registry and the HTTP endpoints. Knows nothing of ledgers.
 */
export type { Inquiry, Order } from "./endpoint.ts";
export { Health, type HealthCheck, type HealthReport } from "./health.ts";
export {
  levelOf,
  parseLogSpec,
  type LogLevel,
  type LogSpec,
  type LogSpecResult,
} from "./log-spec.ts";
