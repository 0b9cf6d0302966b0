import { NetworkError } from "./errors.ts";
import type { TopologyOptions } from "./topology.ts";

/** Nodes know each other's addresses from the start where each has its own. Throws `NetworkError` ("refused"). */
export function requireGrowable({ namespaceSubnet }: TopologyOptions): void {
  if (namespaceSubnet === undefined) return;
  throw new NetworkError(
    "refused",
    "nodes cannot be added to a network of namespaces; make one with more nodes, or one without --namespaces",
  );
}
