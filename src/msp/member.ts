import { equalBytes } from "../kernel/bytes.ts";
import type { Certificate } from "../crypto/index.ts";
import type { Authorities } from "./authorities.ts";
import { certifiersId } from "./authorities.ts";
import type { MemberUnits, NodeOus, NodeRole } from "./node-ous.ts";
import type { PrincipalFacts } from "./principals.ts";
import type { Revocations } from "./revocations.ts";
import type { UnitIdentifiers } from "./unit-identifiers.ts";

/** What an organisation demands of its members. */
export interface MembershipRules {
  readonly mspId: string;
  readonly authorities: Authorities;
  readonly revocations: Revocations;
  readonly unitIdentifiers: UnitIdentifiers;
  readonly nodeOus: NodeOus | undefined;
  /** Fingerprints of the certificates that are listed as administrators. */
  readonly adminFingerprints: ReadonlySet<string>;
}

/** A certificate judged by an organisation's rules; judged once, when it is made. */
export class Member implements PrincipalFacts {
  readonly certificate: Certificate;
  /** Why it is not a valid member, or `undefined` when it is. */
  readonly refusal: string | undefined;
  /** `undefined` when no authority of the organisation issued it. */
  readonly units: MemberUnits | undefined;
  readonly #rules: MembershipRules;
  readonly #fingerprintOf: (serialized: Uint8Array) => string | undefined;

  /** `fingerprintOf` reads the canonical certificate of a serialised identity of the same organisation. */
  constructor(
    certificate: Certificate,
    rules: MembershipRules,
    fingerprintOf: (serialized: Uint8Array) => string | undefined,
  ) {
    const result = rules.authorities.memberChain(certificate);
    const names = certificate.subject.organizationalUnits;
    this.certificate = certificate;
    this.units = result.ok
      ? { names, certifiersId: certifiersId(result.chain.slice(1)) }
      : undefined;
    this.refusal = result.ok
      ? refusalOf(certificate, result.chain, rules, this.units)
      : result.reason;
    this.#rules = rules;
    this.#fingerprintOf = fingerprintOf;
  }

  get mspId(): string {
    return this.#rules.mspId;
  }

  isValid(): boolean {
    return this.refusal === undefined;
  }

  isAdmin(): boolean {
    // Fabric: a listed administrator is one even when its certificate has been revoked.
    return this.#rules.adminFingerprints.has(this.certificate.fingerprint) || this.hasRole("admin");
  }

  hasRole(role: NodeRole): boolean {
    const { nodeOus } = this.#rules;
    if (!this.isValid() || nodeOus === undefined || this.units === undefined) return false;
    return nodeOus.hasRole(role, this.units);
  }

  hasUnit(name: string, certifiers: Uint8Array): boolean {
    if (!this.isValid() || this.units === undefined) return false;
    return this.units.names.includes(name) && equalBytes(this.units.certifiersId, certifiers);
  }

  isSameAs(serialized: Uint8Array): boolean {
    return this.isValid() && this.#fingerprintOf(serialized) === this.certificate.fingerprint;
  }
}

function refusalOf(
  certificate: Certificate,
  chain: readonly Certificate[],
  rules: MembershipRules,
  units: MemberUnits | undefined,
): string | undefined {
  if (certificate.publicKey.algorithm !== "ecdsa") {
    return `a key of algorithm ${certificate.publicKey.algorithm} is not supported: use ECDSA`;
  }
  const [, issuer] = chain;
  const revoked = issuer && rules.revocations.refusal(certificate, issuer);
  if (revoked !== undefined || units === undefined) return revoked;
  return (
    rules.unitIdentifiers.refusal(units, rules.mspId) ?? rules.nodeOus?.refusal(units, rules.mspId)
  );
}
