import { BoundedCache } from "../kernel/bounded-cache.ts";
import { errorMessage } from "../kernel/error.ts";
import {
  type Certificate,
  parsePemCertificate,
  sha256Hex,
  type SignatureVerifier,
  verifySignature,
} from "../crypto/index.ts";
import {
  type FabricMSPConfig,
  type MSPPrincipal,
  SerializedIdentity,
  tryDecodeRequest,
} from "../wire/index.ts";
import { Authorities, checkTlsAuthorities } from "./authorities.ts";
import { MspError } from "./errors.ts";
import { type Identity, type IdentityResult, identityOf } from "./identity.ts";
import { CONFIG_ITEM_COUNT_MAX, IDENTITY_BYTES_MAX, IDENTITY_CACHE_COUNT_MAX } from "./limits.ts";
import { Member, type MembershipRules } from "./member.ts";
import { NodeOus } from "./node-ous.ts";
import { satisfiesPrincipal } from "./principals.ts";
import { Revocations } from "./revocations.ts";
import { UnitIdentifiers } from "./unit-identifiers.ts";

type MemberResult =
  { readonly ok: true; readonly member: Member } | { readonly ok: false; readonly reason: string };

interface Known {
  readonly identity: Identity;
  readonly refusal: string | undefined;
}

/**
 * One organisation of a channel ("membership service provider"): who belongs to it, and what they are.
 * By the rules of Fabric's MSP version 1.4.3, which hold in channels of capabilities V1_4_3 and V2_0.
 */
export class Msp {
  readonly mspId: string;
  /** PEM of the authorities of the organisation's TLS certificates. */
  readonly tlsRootsPem: readonly Uint8Array[];
  readonly tlsIntermediatesPem: readonly Uint8Array[];
  readonly #rules: MembershipRules;
  readonly #verifier: SignatureVerifier;
  // By digest of the serialised identity. Refusals are not kept: anyone can make up any number of them.
  readonly #known = new BoundedCache<string, Known>(IDENTITY_CACHE_COUNT_MAX);

  private constructor(
    rules: MembershipRules,
    config: FabricMSPConfig,
    verifier: SignatureVerifier,
  ) {
    this.#verifier = verifier;
    this.mspId = config.name;
    this.tlsRootsPem = config.tlsRootCerts;
    this.tlsIntermediatesPem = config.tlsIntermediateCerts;
    this.#rules = rules;
  }

  /**
   * The organisation of a configuration; its signing identity is not looked at. Throws `MspError` for a configuration
   * that Fabric refuses, one that asks for other hash functions than SHA-256, and one of absurd size. `verifier` checks
   * what its members sign.
   */
  static fromConfig(config: FabricMSPConfig, verifier: SignatureVerifier = verifySignature): Msp {
    try {
      return Msp.#setUp(config, verifier);
    } catch (error) {
      if (!(error instanceof MspError)) throw error;
      const message = `configuration of MSP '${config.name}': ${error.message}`;
      throw new MspError(error.code, message, { data: { mspId: config.name }, cause: error });
    }
  }

  static #setUp(config: FabricMSPConfig, verifier: SignatureVerifier): Msp {
    checkHashFunctions(config);
    const revocations = Revocations.parse(config.revocationList);
    const { rootCerts, intermediateCerts, tlsRootCerts, tlsIntermediateCerts } = config;
    const authorities = Authorities.fromPem(rootCerts, intermediateCerts, revocations);
    checkTlsAuthorities(tlsRootCerts, tlsIntermediateCerts, revocations);
    const certifiersIdOf = askedOnce((pem) => authorities.certifiersIdOf(pem));
    const unitIdentifiers = UnitIdentifiers.fromConfig(
      config.organizationalUnitIdentifiers,
      certifiersIdOf,
    );
    const nodeOus = NodeOus.fromConfig(config.fabricNodeOus, certifiersIdOf);
    const admins = readAdmins(config.admins, authorities);
    const adminFingerprints = new Set(admins.map(({ fingerprint }) => fingerprint));
    const { name: mspId } = config;
    const rules = { mspId, authorities, revocations, unitIdentifiers, nodeOus, adminFingerprints };
    checkAdmins(admins, rules);
    return new Msp(rules, config, verifier);
  }

  /**
   * The identity in `serialized`, a `SerializedIdentity` of this organisation, if it is a valid member. `digest` is
   * `sha256Hex` of it, where the caller has it.
   */
  identity(serialized: Uint8Array, digest?: string): IdentityResult {
    const result = this.#read(serialized, digest);
    if (!result.ok) return result;
    const { identity, refusal } = result;
    return refusal === undefined ? { ok: true, identity } : { ok: false, reason: refusal };
  }

  /**
   * As `identity`, without asking whether it is a valid member. What a policy is evaluated over: each principal asks
   * for what it needs, and an administrator who is listed needs no validity.
   */
  unvalidatedIdentity(serialized: Uint8Array, digest?: string): IdentityResult {
    const result = this.#read(serialized, digest);
    return result.ok ? { ok: true, identity: result.identity } : result;
  }

  #read(
    serialized: Uint8Array,
    digest?: string,
  ): ({ readonly ok: true } & Known) | (IdentityResult & { ok: false }) {
    if (serialized.length > IDENTITY_BYTES_MAX) {
      const reason = `identity of ${serialized.length} bytes, more than ${IDENTITY_BYTES_MAX}`;
      return { ok: false, reason };
    }
    const key = digest ?? sha256Hex(serialized);
    const known = this.#known.get(key);
    if (known !== undefined) return { ok: true, ...known };
    const result = this.#memberOf(serialized);
    if (!result.ok) return result;
    const { member } = result;
    // Copied: the bytes may be a view into a block.
    const { mspId, certificate } = member;
    const holder = { mspId, certificate, serialized: serialized.slice() };
    const satisfies = remembered((principal) => satisfiesPrincipal(member, principal));
    const identity = identityOf(holder, satisfies, this.#verifier);
    const fresh = { identity, refusal: member.refusal };
    if (member.isValid()) this.#known.set(key, fresh);
    return { ok: true, ...fresh };
  }

  #memberOf(serialized: Uint8Array): MemberResult {
    const message = tryDecodeRequest(SerializedIdentity, serialized);
    if (message === undefined) return { ok: false, reason: "not a serialized identity" };
    if (message.mspid !== this.mspId) {
      return { ok: false, reason: `expected MSP ID ${this.mspId}, received ${message.mspid}` };
    }
    const result = readMemberCertificate(message.idBytes, this.#rules.authorities);
    if (!result.ok) return { ok: false, reason: `${result.reason} (MSP ${this.mspId})` };
    const fingerprintOf = (other: Uint8Array): string | undefined => this.#fingerprintOf(other);
    return { ok: true, member: new Member(result.certificate, this.#rules, fingerprintOf) };
  }

  #fingerprintOf(serialized: Uint8Array): string | undefined {
    const result = this.unvalidatedIdentity(serialized);
    return result.ok ? result.identity.certificate.fingerprint : undefined;
  }
}

// A policy's principals stay the same objects, and a member's certificate stays as it is: each is asked about once.
function remembered(
  ask: (principal: MSPPrincipal) => boolean,
): (principal: MSPPrincipal) => boolean {
  const verdicts = new WeakMap<MSPPrincipal, boolean>();
  return (principal) => {
    const known = verdicts.get(principal);
    if (known !== undefined) return known;
    const verdict = ask(principal);
    verdicts.set(principal, verdict);
    return verdict;
  };
}

// All roles of an organisation usually name one authority, whose certificate would be parsed and verified for each.
function askedOnce(idOf: (pem: Uint8Array) => Uint8Array): (pem: Uint8Array) => Uint8Array {
  const ids = new Map<string, Uint8Array>();
  return (pem) => {
    const key = sha256Hex(pem);
    const id = ids.get(key) ?? idOf(pem);
    ids.set(key, id);
    return id;
  };
}

type CertificateResult = ReturnType<Authorities["canonical"]>;

function readMemberCertificate(pem: Uint8Array, authorities: Authorities): CertificateResult {
  let certificate: Certificate;
  try {
    certificate = parsePemCertificate(pem);
  } catch (error) {
    return { ok: false, reason: errorMessage(error) };
  }
  if (certificate.publicKey.algorithm === "unknown") {
    return { ok: false, reason: `unknown key algorithm ${certificate.publicKey.oid}` };
  }
  return authorities.canonical(certificate);
}

function checkHashFunctions({ cryptoConfig }: FabricMSPConfig): void {
  const family = cryptoConfig?.signatureHashFamily ?? "";
  const identifier = cryptoConfig?.identityIdentifierHashFunction ?? "";
  if (!["", "SHA2"].includes(family) || !["", "SHA256"].includes(identifier)) {
    const message = `hash functions '${family}' and '${identifier}': only SHA2 and SHA256 are supported`;
    throw new MspError("unsupported", message);
  }
}

function readAdmins(pems: readonly Uint8Array[], authorities: Authorities): readonly Certificate[] {
  if (pems.length > CONFIG_ITEM_COUNT_MAX) {
    const message = `${pems.length} administrators, more than ${CONFIG_ITEM_COUNT_MAX}`;
    throw new MspError("invalid-admin", message);
  }
  return pems.map((pem, index) => {
    const result = readMemberCertificate(pem, authorities);
    if (!result.ok)
      throw new MspError("invalid-admin", `admin ${index} is invalid: ${result.reason}`);
    return result.certificate;
  });
}

function checkAdmins(admins: readonly Certificate[], rules: MembershipRules): void {
  const { nodeOus } = rules;
  if (admins.length === 0 && nodeOus?.defines("admin") !== true) {
    const message = "administrators must be declared when no admin ou classification is set";
    throw new MspError("invalid-admin", message);
  }
  for (const [index, admin] of admins.entries()) {
    const { refusal, units } = new Member(admin, rules, () => undefined);
    const isRoleFit =
      units !== undefined &&
      (nodeOus?.hasRole("client", units) === true || nodeOus?.hasRole("admin", units) === true);
    // Where roles are told apart, the right role is all that Fabric asks of a listed administrator.
    const reason = nodeOus === undefined ? refusal : isRoleFit ? undefined : NOT_ADMIN;
    if (reason === undefined) continue;
    throw new MspError("invalid-admin", `admin ${index} is invalid: ${reason}`);
  }
}

const NOT_ADMIN = "the identity does not contain OU [CLIENT] or [ADMIN]";
