/** `grpc.health.v1.Health`: what load balancers ask. */
import { RpcError, serveStream, serveUnary, type RpcBinding } from "../kernel/ports/rpc.ts";
import type { Health } from "../ops/index.ts";
import {
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
  methodOf,
  type HealthCheckResponse,
} from "../wire/index.ts";

/** Fabric: every service of a node, and the empty name, are served or none is. */
export function healthBindings(health: Health): readonly RpcBinding[] {
  const check = async (): Promise<HealthCheckResponse> => {
    const { status } = await health.report();
    const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
    return { status: status === "OK" ? SERVING : NOT_SERVING };
  };
  return [
    serveUnary(methodOf(HealthDefinition, "check"), check),
    serveStream(methodOf(HealthDefinition, "watch"), async (_requests, send, call) => {
      await send(await check());
      await aborted(call.signal);
      throw new RpcError("CANCELLED", "the watch was cancelled");
    }),
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}
