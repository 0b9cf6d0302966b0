import { DER_TAG, type DerElement, DerReader, derInteger, derOid } from "./der.ts";
import { CryptoError } from "./errors.ts";

/**
 * Extensions from which nothing follows for membership. Their form is checked all the same, as far as Go's parser does:
 * a certificate that a Fabric peer cannot parse must not be a member here. Everything throws `CryptoError` ("malformed-der").
 */
export const AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1";

const CONTEXT = { constructed0: 0xa0, constructed1: 0xa1, uri: 0x86 } as const;

type Check = (value: DerReader) => void;

// Nothing follows from these unless a chain requires an explicit policy, and such chains are not relied upon.
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["2.5.29.31", checkDistributionPoints],
  ["2.5.29.32", checkPolicies],
  ["2.5.29.33", checkPolicyMappings],
  ["2.5.29.54", (value): void => void derInteger(value.read(DER_TAG.integer))],
  [AUTHORITY_INFORMATION_ACCESS, checkInformationAccess],
]);

/** Whether the extension is one of these; checks its form if so. */
export function checkIrrelevantExtension(oid: string, value: Uint8Array): boolean {
  const check = CHECKS.get(oid);
  check?.(new DerReader(value));
  return check !== undefined;
}

function* elementsOf(list: DerReader, tag: number): Generator<DerElement> {
  while (!list.isAtEnd) yield list.read(tag);
}

function checkDistributionPoints(value: DerReader): void {
  for (const point of elementsOf(value.enter(DER_TAG.sequence), DER_TAG.sequence)) {
    const name = new DerReader(point.content).readOptional(CONTEXT.constructed0);
    if (name === undefined) continue;
    const fullName = new DerReader(name.content).enter(CONTEXT.constructed0);
    while (fullName.nextTag === CONTEXT.uri) fullName.readAny();
  }
}

function checkPolicies(value: DerReader): void {
  const seen = new Set<string>();
  for (const policy of elementsOf(value.enter(DER_TAG.sequence), DER_TAG.sequence)) {
    const oid = derOid(new DerReader(policy.content).read(DER_TAG.oid));
    if (seen.has(oid)) throw malformed("a policy that comes twice");
    seen.add(oid);
  }
}

function checkPolicyMappings(value: DerReader): void {
  for (const mapping of elementsOf(value.enter(DER_TAG.sequence), DER_TAG.sequence)) {
    const policies = new DerReader(mapping.content);
    policies.read(DER_TAG.oid);
    policies.read(DER_TAG.oid);
  }
}

function checkInformationAccess(value: DerReader): void {
  for (const access of elementsOf(value.enter(DER_TAG.sequence), DER_TAG.sequence)) {
    const description = new DerReader(access.content);
    derOid(description.read(DER_TAG.oid));
    if (description.nextTag === CONTEXT.uri) description.readAny();
  }
}

/** Checks that there are permitted or excluded subtrees; what they constrain is not read. */
export function checkNameConstraints(value: Uint8Array): void {
  const outer = new DerReader(value);
  const constraints = outer.enter(DER_TAG.sequence);
  outer.expectEnd();
  const permitted = constraints.readOptional(CONTEXT.constructed0)?.content ?? new Uint8Array(0);
  const excluded = constraints.readOptional(CONTEXT.constructed1)?.content ?? new Uint8Array(0);
  constraints.expectEnd();
  if (permitted.length + excluded.length === 0) throw malformed("empty name constraints");
  for (const subtrees of [permitted, excluded]) {
    for (const subtree of elementsOf(new DerReader(subtrees), DER_TAG.sequence)) {
      new DerReader(subtree.content).readAny();
    }
  }
}

const NAME_TAG = { email: 0x81, dns: 0x82, uri: 0x86, address: 0x87 } as const;

/** Whether there is an alternative name of a kind that Go knows: without one, a critical extension is not understood. */
export function hasKnownAlternativeName(value: Uint8Array): boolean {
  let isKnown = false;
  const names = new DerReader(value).enter(DER_TAG.sequence);
  while (!names.isAtEnd) isKnown = isKnownName(names.readAny()) || isKnown;
  return isKnown;
}

function isKnownName({ tag, content }: DerElement): boolean {
  switch (tag) {
    case NAME_TAG.uri:
      // Go parses the whole URI; this is the part of it that bytes alone decide.
      if (content.some((byte) => byte < 0x20 || byte >= 0x7f)) throw malformed("a malformed URI");
      return true;
    case NAME_TAG.email:
    case NAME_TAG.dns:
      if (content.some((byte) => byte >= 0x80)) throw malformed("a name beyond ASCII");
      return true;
    case NAME_TAG.address:
      if (content.length !== 4 && content.length !== 16)
        throw malformed("an address of odd length");
      return true;
    default:
      return false;
  }
}

function malformed(what: string): CryptoError {
  return new CryptoError("malformed-der", `malformed extension: ${what}`);
}
