import type { Certificate } from "../crypto/index.ts";

/**
 * Why the name constraints of an authority forbid a chain, if they do. Two rules:
 * a certificate without alternative names must not have a host name as its common name (Fabric keeps this rule of Go 1.14);
 * alternative names below a constrained authority are always refused, for we do not evaluate constraints.
 */
export function nameConstraintRefusal(chain: readonly Certificate[]): string | undefined {
  const constrained = chain.findLastIndex(({ extensions }) => extensions.hasNameConstraints);
  const [leaf] = chain;
  if (constrained < 1 || leaf === undefined) return undefined;
  const hasNames = (each: Certificate): boolean =>
    each.extensions.subjectAlternativeNames !== undefined;
  if (chain.slice(0, constrained).some(hasNames)) {
    return "alternative names below an authority with name constraints are not supported";
  }
  if (!hasNames(leaf) && isHostName(leaf.subject.commonName)) {
    return "x509: issuer has name constraints but leaf doesn't have a SAN extension";
  }
  return undefined;
}

const LABEL = "[A-Za-z0-9_:][A-Za-z0-9_:-]*";
const HOST_NAME = new RegExp(`^(?:\\*|${LABEL})(?:\\.${LABEL})*\\.?$`);

// As Go decides it, with the leniency for "_" and ":".
function isHostName(text: string): boolean {
  return HOST_NAME.test(text);
}
