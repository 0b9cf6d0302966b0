/** Keys of several parts, as Fabric's shims make them: parts of different lengths never make the same key. */
import { ContractError } from "./errors.ts";

const NAMESPACE = "\u0000";
const SEPARATOR = "\u0000";
const LARGEST = "\u{10FFFF}";

export interface CompositeKey {
  readonly objectType: string;
  readonly attributes: readonly string[];
}

/** Throws `ContractError` ("bad key") for an empty part, and for one that holds U+0000 or U+10FFFF. */
export function compositeKey(objectType: string, attributes: readonly string[]): string {
  return prefixOf([objectType, ...attributes]);
}

/** The parts of a key that `compositeKey` made. Throws `ContractError` ("bad key") for another. */
export function splitCompositeKey(key: string): CompositeKey {
  const isWhole = key.startsWith(NAMESPACE) && key.endsWith(SEPARATOR) && key.length > 2;
  if (!isWhole) throw new ContractError("bad key", `${JSON.stringify(key)} is no composite key`);
  const [objectType = "", ...attributes] = key.slice(1, -1).split(SEPARATOR);
  return { objectType, attributes };
}

/** Where the keys lie that begin with these parts: from `start` on, below `end`. */
export function compositeRange(
  objectType: string,
  attributes: readonly string[],
): { readonly start: string; readonly end: string } {
  const start = prefixOf([objectType, ...attributes]);
  return { start, end: `${start}${LARGEST}` };
}

function prefixOf(parts: readonly string[]): string {
  for (const part of parts) {
    if (part !== "" && !part.includes(SEPARATOR) && !part.includes(LARGEST)) continue;
    throw new ContractError(
      "bad key",
      `${JSON.stringify(part)} cannot be part of a composite key: it is empty, or holds U+0000 or U+10FFFF`,
    );
  }
  return `${NAMESPACE}${parts.map((part) => `${part}${SEPARATOR}`).join("")}`;
}
