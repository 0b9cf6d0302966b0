import { NetworkError } from "./errors.ts";
import type { OrdererSite, Topology } from "./topology.ts";

/**
 * The node that `name` means: whole (`peer0.org1.example.com`) or its first labels (`peer0.org1`, `orderer2`); `orderer1` is the first
 * orderer. Throws `NetworkError` ("unknown name").
 */
export function nodeNamed(name: string, names: readonly string[]): string {
  const wanted = /^orderer1(\.|$)/.test(name) ? name.replace("orderer1", "orderer") : name;
  const found = names.filter((each) => each === wanted || each.startsWith(`${wanted}.`));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const what = first === undefined ? "is no node" : `may be ${found.join(" or ")}`;
  throw new NetworkError("unknown name", `${name} ${what}; the network has ${names.join(", ")}`);
}

/** The orderer called `name`, `orderer4` or whole. Throws as `nodeNamed`. */
export function ordererNamed(
  { topology: { orderers } }: { readonly topology: Pick<Topology, "orderers"> },
  name: string,
): OrdererSite {
  const found = orderers.find(
    (site) => site.name === name || site.name === `${name}.${site.domain}`,
  );
  if (found !== undefined) return found;
  const known = orderers.map((site) => site.name).join(", ");
  throw new NetworkError("unknown name", `there is no orderer ${name}; the network has ${known}`);
}
