import { NetworkError } from "./errors.ts";

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
