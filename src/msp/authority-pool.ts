import { assert } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
import type { Certificate } from "../crypto/index.ts";
import { CHAIN_SIGNATURE_COUNT_MAX } from "./limits.ts";
import { nameConstraintRefusal } from "./name-constraints.ts";

/** From the certificate itself up to a root. */
export type ChainResult =
  | { readonly ok: true; readonly chain: readonly Certificate[] }
  | { readonly ok: false; readonly reason: string };

type Position = "leaf" | "intermediate" | "root";

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

/**
 * Authorities, and the chains from a certificate to a root among them. The rules are those of Go's `x509.Verify` as Fabric
 * calls it, since peers must agree on who is a member: the time is one second after the certificate's own start, so that
 * neither expiry nor future validity matters, and a chain must permit the usage "server authentication".
 */
export class AuthorityPool {
  readonly #roots: readonly Certificate[];
  readonly #intermediates: readonly Certificate[];

  constructor(roots: readonly Certificate[], intermediates: readonly Certificate[]) {
    this.#roots = distinct(roots);
    this.#intermediates = distinct(intermediates);
  }

  /** The only chain of a certificate: with none or several it is not clear to whom it belongs. */
  onlyChain(certificate: Certificate): ChainResult {
    const timeMs = certificate.notBeforeMs + 1000;
    const unfit = unfitness(certificate, "leaf", [], timeMs);
    if (unfit !== undefined) return refused(certificate, unfit);

    const search = new ChainSearch(this.#roots, this.#intermediates, timeMs);
    const chains = this.#isRoot(certificate) ? [[certificate]] : search.chainsOf(certificate);
    if (chains.length === 0) return refused(certificate, search.unknownAuthority(certificate));

    const fitting = chains.filter((chain) => permitsServerAuth(chain));
    if (fitting.length === 0) {
      const why = "x509: certificate specifies an incompatible key usage";
      return refused(
        certificate,
        `${why}: it or an authority above it is not for server authentication`,
      );
    }
    const [chain] = fitting;
    if (chain === undefined || fitting.length > 1) {
      const why = `only a single validation chain is supported, got ${fitting.length}`;
      return refused(certificate, `${why}: remove authorities that certify each other`);
    }
    const forbidden = nameConstraintRefusal(chain);
    if (forbidden !== undefined) return refused(certificate, forbidden);
    return { ok: true, chain };
  }

  /** Why no chain of a certificate permits it to call or to be called over TLS; `undefined` when one does. */
  tlsFault(certificate: Certificate): string | undefined {
    const timeMs = certificate.notBeforeMs + 1000;
    const unfit = unfitness(certificate, "leaf", [], timeMs);
    if (unfit !== undefined) return unfit;
    const search = new ChainSearch(this.#roots, this.#intermediates, timeMs);
    const chains = this.#isRoot(certificate) ? [[certificate]] : search.chainsOf(certificate);
    if (chains.length === 0) return search.unknownAuthority(certificate);
    const isPermitted = chains.some((chain) => permits(chain, [SERVER_AUTH, CLIENT_AUTH]));
    return isPermitted ? undefined : "x509: certificate specifies an incompatible key usage";
  }

  #isRoot(certificate: Certificate): boolean {
    return this.#roots.some((root) => root.fingerprint === certificate.fingerprint);
  }
}

/** Depth-first search; its work is bounded by the number of signatures that it checks. */
class ChainSearch {
  readonly #roots: readonly Certificate[];
  readonly #intermediates: readonly Certificate[];
  readonly #timeMs: number;
  readonly #found: Certificate[][] = [];
  #signatureCount = 0;
  // Why the first authority of the right name was not accepted.
  #hint: string | undefined;

  constructor(
    roots: readonly Certificate[],
    intermediates: readonly Certificate[],
    timeMs: number,
  ) {
    this.#roots = roots;
    this.#intermediates = intermediates;
    this.#timeMs = timeMs;
  }

  chainsOf(certificate: Certificate): readonly (readonly Certificate[])[] {
    this.#extend([certificate]);
    return this.#found;
  }

  unknownAuthority(certificate: Certificate): string {
    const why =
      this.#hint ?? `'${certificate.issuer.commonName}' is no authority of this organisation`;
    return `x509: certificate signed by unknown authority: ${why}`;
  }

  #extend(path: readonly Certificate[]): void {
    for (const root of this.#candidates(this.#roots, path)) {
      if (this.#mayFollow(root, "root", path)) this.#found.push([...path, root]);
    }
    for (const intermediate of this.#candidates(this.#intermediates, path)) {
      if (this.#mayFollow(intermediate, "intermediate", path))
        this.#extend([...path, intermediate]);
    }
  }

  #candidates(pool: readonly Certificate[], path: readonly Certificate[]): readonly Certificate[] {
    const child = lastOf(path);
    return pool.filter((authority) => equalBytes(authority.subjectDer, child.issuerDer));
  }

  #mayFollow(authority: Certificate, position: Position, path: readonly Certificate[]): boolean {
    this.#signatureCount += 1;
    if (this.#signatureCount > CHAIN_SIGNATURE_COUNT_MAX) return false;
    const unfit = this.#unfitness(authority, position, path);
    this.#hint ??= unfit;
    return unfit === undefined;
  }

  #unfitness(
    authority: Certificate,
    position: Position,
    path: readonly Certificate[],
  ): string | undefined {
    const name = `'${authority.subject.commonName}'`;
    if (path.some((each) => isSameEntity(each, authority)))
      return `the chain comes back to ${name}`;
    if (!mayIssue(authority)) return `${name} may not issue certificates`;
    if (!lastOf(path).isIssuedBy(authority)) return `the signature is not that of ${name}`;
    return unfitness(authority, position, path, this.#timeMs);
  }
}

/** Whether a certificate's constraints and usages let it issue others. */
export function mayIssue(authority: Certificate): boolean {
  const { hasBasicConstraints, isCa, keyUsage } = authority.extensions;
  const mustBeDeclared = authority.version === 3 || hasBasicConstraints;
  return (isCa || !mustBeDeclared) && (keyUsage?.certSign ?? true);
}

// `below` is the chain so far, which `certificate` would end.
function unfitness(
  certificate: Certificate,
  position: Position,
  below: readonly Certificate[],
  timeMs: number,
): string | undefined {
  const { unhandledCritical, hasBasicConstraints, isCa, pathLengthMax } = certificate.extensions;
  const name = `'${certificate.subject.commonName}'`;
  if (unhandledCritical.length > 0) {
    return `x509: unhandled critical extension ${unhandledCritical.join(", ")} of ${name}`;
  }
  if (timeMs < certificate.notBeforeMs || timeMs > certificate.notAfterMs) {
    return `x509: ${name} was not valid when the certificate's validity began`;
  }
  if (position === "intermediate" && !(hasBasicConstraints && isCa)) {
    return `${name} may not issue certificates`;
  }
  const intermediateCount = below.length - 1;
  if (pathLengthMax !== undefined && intermediateCount > pathLengthMax) {
    return `x509: too many intermediates for the path length constraint of ${name}`;
  }
  return undefined;
}

function permitsServerAuth(chain: readonly Certificate[]): boolean {
  return permits(chain, [SERVER_AUTH]);
}

// One of the usages, all along the chain.
function permits(chain: readonly Certificate[], usages: readonly string[]): boolean {
  return usages.some((usage) =>
    chain.every(({ extensions: { extendedKeyUsages } }) => {
      if (extendedKeyUsages.length === 0) return true;
      return extendedKeyUsages.includes(usage) || extendedKeyUsages.includes(ANY_USAGE);
    }),
  );
}

// Certificates of one authority for one key, such as cross-signed ones: a chain through both would go in circles.
function isSameEntity(a: Certificate, b: Certificate): boolean {
  const x = a.extensions.subjectAlternativeNames;
  const y = b.extensions.subjectAlternativeNames;
  const haveSameNames = x === undefined || y === undefined ? x === y : equalBytes(x, y);
  return (
    equalBytes(a.subjectDer, b.subjectDer) && equalBytes(a.spkiDer, b.spkiDer) && haveSameNames
  );
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((each) => [each.fingerprint, each])).values()];
}

function lastOf(path: readonly Certificate[]): Certificate {
  const last = path.at(-1);
  assert(last !== undefined, "a chain begins with the certificate that it is for");
  return last;
}

function refused(certificate: Certificate, reason: string): ChainResult {
  return { ok: false, reason: `certificate of '${certificate.subject.commonName}': ${reason}` };
}
