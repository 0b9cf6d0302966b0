import { errorMessage } from "../kernel/error.ts";
import { type Certificate, parsePemCertificate, sha256 } from "../crypto/index.ts";
import { AuthorityPool, type ChainResult, mayIssue } from "./authority-pool.ts";
import { MspError } from "./errors.ts";
import { CONFIG_ITEM_COUNT_MAX } from "./limits.ts";
import type { Revocations } from "./revocations.ts";

/**
 * The certification authorities of one organisation: roots, and intermediates below them.
 * An authority with an intermediate below it issues no members (Fabric: only leaves of the tree of authorities do).
 */
export class Authorities {
  readonly #pool: AuthorityPool;
  readonly #roots: readonly Certificate[];
  readonly #intermediates: readonly Certificate[];
  // Fingerprints of authorities that certify other authorities.
  readonly #inner: ReadonlySet<string>;

  private constructor(
    roots: readonly Certificate[],
    intermediates: readonly Certificate[],
    revocations: Revocations,
  ) {
    this.#pool = new AuthorityPool(roots, intermediates);
    this.#roots = roots;
    this.#intermediates = intermediates;
    for (const each of [...roots, ...intermediates]) checkAuthority(each, this.#pool, revocations);
    this.#inner = new Set(
      intermediates.flatMap((each) =>
        this.#chainOf(each)
          .slice(1)
          .map(({ fingerprint }) => fingerprint),
      ),
    );
  }

  /** The authorities in PEM, checked. Throws `MspError` ("invalid-authority"). */
  static fromPem(
    rootsPem: readonly Uint8Array[],
    intermediatesPem: readonly Uint8Array[],
    revocations: Revocations,
  ): Authorities {
    if (rootsPem.length === 0) throw invalid("expected at least one CA certificate");
    const roots = parseAll(rootsPem, "CA");
    const intermediates = parseAll(intermediatesPem, "intermediate CA");
    const asGiven = new AuthorityPool(roots, intermediates);
    const canonical = (each: Certificate): Certificate => {
      const result = canonicalForm(each, asGiven);
      if (!result.ok) throw invalid(result.reason);
      return result.certificate;
    };
    return new Authorities(roots.map(canonical), intermediates.map(canonical), revocations);
  }

  /** A certificate in low-S form, for which an authority of ours must have signed it. */
  canonical(certificate: Certificate): CanonicalResult {
    return canonicalForm(certificate, this.#pool);
  }

  /** The chain of a member's certificate, which includes at least one authority. */
  memberChain(certificate: Certificate): ChainResult {
    const name = `certificate of '${certificate.subject.commonName}'`;
    if (certificate.isCa) {
      return {
        ok: false,
        reason: `${name}: a certificate authority cannot be used as an identity`,
      };
    }
    const result = this.#pool.onlyChain(certificate);
    if (!result.ok) return result;
    const [, issuer] = result.chain;
    if (issuer === undefined) {
      return { ok: false, reason: `${name}: expected a chain of length at least 2, got 1` };
    }
    if (this.#inner.has(issuer.fingerprint)) {
      const why =
        "is not a leaf of the certification tree: let the authority below it issue members";
      return { ok: false, reason: `${name}: its issuer '${issuer.subject.commonName}' ${why}` };
    }
    return result;
  }

  /** Identifier of the chain from one of our authorities upwards. Throws `MspError` ("invalid-unit") for another's PEM. */
  certifiersIdOf(pem: Uint8Array): Uint8Array {
    const result = this.canonical(parse(pem, "organizational unit's CA"));
    if (!result.ok) throw new MspError("invalid-unit", result.reason);
    const { fingerprint, subject } = result.certificate;
    const isIt = (each: Certificate): boolean => each.fingerprint === fingerprint;
    const root = this.#roots.find(isIt);
    if (root !== undefined) return certifiersId([root]);
    const intermediate = this.#intermediates.find(isIt);
    const name = `'${subject.commonName}'`;
    if (intermediate === undefined) {
      throw new MspError("invalid-unit", `${name} is not in root or intermediate certs: add it`);
    }
    if (this.#inner.has(fingerprint)) {
      throw new MspError("invalid-unit", `${name} should be a leaf of the certification tree`);
    }
    return certifiersId(this.#chainOf(intermediate));
  }

  #chainOf(authority: Certificate): readonly Certificate[] {
    const result = this.#pool.onlyChain(authority);
    if (!result.ok) throw invalid(result.reason);
    return result.chain;
  }
}

/** SHA-256 of the certificates from the issuing authority up to the root: Fabric's "certifiers identifier". */
export function certifiersId(authorities: readonly Certificate[]): Uint8Array {
  return sha256(...authorities.map(({ der }) => der));
}

/** Checks an organisation's TLS authorities, which are unrelated to those of its members. Throws `MspError`. */
export function checkTlsAuthorities(
  rootsPem: readonly Uint8Array[],
  intermediatesPem: readonly Uint8Array[],
  revocations: Revocations,
): void {
  const roots = parseAll(rootsPem, "TLS CA");
  const intermediates = parseAll(intermediatesPem, "intermediate TLS CA");
  const pool = new AuthorityPool(roots, intermediates);
  for (const each of [...roots, ...intermediates]) checkAuthority(each, pool, revocations);
}

function checkAuthority(
  authority: Certificate,
  pool: AuthorityPool,
  revocations: Revocations,
): void {
  const name = `CA certificate of '${authority.subject.commonName}' (serial ${authority.serialHex})`;
  if (!authority.isCa) throw invalid(`${name} did not have the CA attribute`);
  if (authority.subjectKeyId === undefined) throw invalid(`${name} has no subject key identifier`);
  const result = pool.onlyChain(authority);
  if (!result.ok) throw invalid(result.reason);
  const [, issuer] = result.chain;
  const refusal = issuer && revocations.refusal(authority, issuer);
  if (refusal !== undefined) throw invalid(`${name}: ${refusal}`);
}

export type CanonicalResult =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly reason: string };

// Only ECDSA signatures have two forms. Fabric looks no further at certificates that RSA authorities signed.
function canonicalForm(certificate: Certificate, pool: AuthorityPool): CanonicalResult {
  if (!certificate.isEcdsaSigned) return { ok: true, certificate };
  // Fabric takes for a root what its own key signed, whatever its names.
  if (certificate.isCa && mayIssue(certificate) && certificate.isSignedBy(certificate)) {
    const root = certificate.withLowS(certificate);
    const result = new AuthorityPool([root], []).onlyChain(root);
    return result.ok ? { ok: true, certificate: root } : result;
  }
  const result = pool.onlyChain(certificate);
  if (!result.ok) return result;
  const [, issuer] = result.chain;
  const name = `'${certificate.subject.commonName}'`;
  if (issuer === undefined)
    return { ok: false, reason: `${name} has no issuer among the authorities` };
  return { ok: true, certificate: certificate.withLowS(issuer) };
}

function parseAll(pems: readonly Uint8Array[], what: string): readonly Certificate[] {
  if (pems.length > CONFIG_ITEM_COUNT_MAX) {
    throw invalid(`${pems.length} ${what} certificates, more than ${CONFIG_ITEM_COUNT_MAX}`);
  }
  return pems.map((pem) => parse(pem, what));
}

function parse(pem: Uint8Array, what: string): Certificate {
  try {
    return parsePemCertificate(pem);
  } catch (error) {
    throw new MspError("malformed", `${what} certificate: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

function invalid(message: string): MspError {
  return new MspError("invalid-authority", message);
}
