import {
  CombinedPrincipal,
  create,
  encode,
  MSPIdentityAnonymity,
  MSPIdentityAnonymity_MSPIdentityAnonymityType as Anonymity,
  MSPPrincipal,
  MSPPrincipal_Classification as Classification,
  MSPRole,
  MSPRole_MSPRoleType as RoleType,
  OrganizationUnit,
  tryDecode,
} from "../wire/index.ts";
import { COMBINED_PRINCIPAL_COUNT_MAX } from "./limits.ts";
import type { NodeRole } from "./node-ous.ts";

/** What a principal can ask of a member. */
export interface PrincipalFacts {
  readonly mspId: string;
  /** Issued by the organisation's authorities, not revoked, with the units that it demands. */
  isValid(): boolean;
  isAdmin(): boolean;
  /** Valid, and the organisation tells roles apart, and it has this one. */
  hasRole(role: NodeRole): boolean;
  /** Valid, and has this unit from exactly these certifiers. */
  hasUnit(name: string, certifiersId: Uint8Array): boolean;
  /** Valid, and `serialized` is an identity with the same certificate. */
  isSameAs(serialized: Uint8Array): boolean;
}

/** Whether a member is what a principal asks for; false for one that is malformed or of an unknown kind. */
export function satisfiesPrincipal(member: PrincipalFacts, principal: MSPPrincipal): boolean {
  const simple = withoutCombinations(principal);
  return simple?.every((each) => satisfiesSimple(member, each)) ?? false;
}

/** The principal of everyone who has `role` in an organisation. */
export function rolePrincipal(mspId: string, role: "member" | NodeRole): MSPPrincipal {
  const message = create(MSPRole, { mspIdentifier: mspId, role: ROLE_TYPES[role] });
  const principal = encode(MSPRole, message);
  return create(MSPPrincipal, { principalClassification: Classification.ROLE, principal });
}

const ROLE_TYPES = {
  member: RoleType.MEMBER,
  admin: RoleType.ADMIN,
  client: RoleType.CLIENT,
  peer: RoleType.PEER,
  orderer: RoleType.ORDERER,
} as const;

// A combined principal asks for all of its parts, at any depth; one with an empty combination is not satisfiable.
function withoutCombinations(principal: MSPPrincipal): readonly MSPPrincipal[] | undefined {
  const simple: MSPPrincipal[] = [];
  const pending = [principal];
  let count = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    count += 1;
    if (count > COMBINED_PRINCIPAL_COUNT_MAX) return undefined;
    if (next.principalClassification !== Classification.COMBINED) {
      simple.push(next);
      continue;
    }
    const parts = tryDecode(CombinedPrincipal, next.principal)?.principals ?? [];
    if (parts.length === 0) return undefined;
    for (const part of parts) pending.push(part);
  }
  return simple;
}

type Check = (member: PrincipalFacts, principal: Uint8Array) => boolean;

// Tables, since numbers from the wire may be none of the enumeration's.
const CHECKS: ReadonlyMap<number, Check> = new Map<number, Check>([
  [Classification.ROLE, satisfiesRole],
  [Classification.ORGANIZATION_UNIT, satisfiesUnit],
  [Classification.IDENTITY, (member, principal): boolean => member.isSameAs(principal)],
  [Classification.ANONYMITY, (_member, principal): boolean => isNominal(principal)],
]);

const ROLE_CHECKS: ReadonlyMap<number, (member: PrincipalFacts) => boolean> = new Map([
  [RoleType.MEMBER, (member: PrincipalFacts): boolean => member.isValid()],
  [RoleType.ADMIN, (member: PrincipalFacts): boolean => member.isAdmin()],
  [RoleType.CLIENT, (member: PrincipalFacts): boolean => member.hasRole("client")],
  [RoleType.PEER, (member: PrincipalFacts): boolean => member.hasRole("peer")],
  [RoleType.ORDERER, (member: PrincipalFacts): boolean => member.hasRole("orderer")],
]);

function satisfiesSimple(member: PrincipalFacts, principal: MSPPrincipal): boolean {
  const check = CHECKS.get(principal.principalClassification);
  return check?.(member, principal.principal) ?? false;
}

function satisfiesRole(member: PrincipalFacts, principal: Uint8Array): boolean {
  const role = tryDecode(MSPRole, principal);
  if (role?.mspIdentifier !== member.mspId) return false;
  return ROLE_CHECKS.get(role.role)?.(member) ?? false;
}

function satisfiesUnit(member: PrincipalFacts, principal: Uint8Array): boolean {
  const unit = tryDecode(OrganizationUnit, principal);
  if (unit?.mspIdentifier !== member.mspId) return false;
  return member.hasUnit(unit.organizationalUnitIdentifier, unit.certifiersIdentifier);
}

// An X.509 certificate says who its holder is: it is never anonymous.
function isNominal(principal: Uint8Array): boolean {
  const anonymity = tryDecode(MSPIdentityAnonymity, principal);
  return anonymity?.anonymityType === Anonymity.NOMINAL;
}
