import { rolePrincipal as principalOfRole, type NodeRole } from "../msp/index.ts";
import {
  MSPPrincipal_Classification,
  MSPRole,
  MSPRole_MSPRoleType,
  tryDecode,
  type MSPPrincipal,
} from "../wire/index.ts";

/** The roles of an organisation's members, in the words of the policy language. */
export type RoleName = "member" | NodeRole;

/** Anyone who has `role` in the organisation `mspId`. */
export interface RolePrincipal {
  readonly mspId: string;
  readonly role: RoleName;
}

const ROLES: readonly (readonly [RoleName, MSPRole_MSPRoleType])[] = [
  ["member", MSPRole_MSPRoleType.MEMBER],
  ["admin", MSPRole_MSPRoleType.ADMIN],
  ["client", MSPRole_MSPRoleType.CLIENT],
  ["peer", MSPRole_MSPRoleType.PEER],
  ["orderer", MSPRole_MSPRoleType.ORDERER],
];

// Fabric's own pattern. An MSP id with any other character exists but has no name in the policy language.
const PRINCIPAL = /^([A-Za-z0-9.-]+)\.(admin|member|client|peer|orderer)$/;

/** The principal of everyone who has the role. */
export function rolePrincipal({ mspId, role }: RolePrincipal): MSPPrincipal {
  return principalOfRole(mspId, role);
}

/** The role that a principal asks for; `undefined` when it asks for something else. */
export function roleOfPrincipal(principal: MSPPrincipal): RolePrincipal | undefined {
  if (principal.principalClassification !== MSPPrincipal_Classification.ROLE) return undefined;
  const message = tryDecode(MSPRole, principal.principal);
  const role = ROLES.find(([, value]) => value === message?.role)?.[0];
  if (message === undefined || role === undefined) return undefined;
  return { mspId: message.mspIdentifier, role };
}

/** Reads `MSPID.role`; `undefined` when the text is not that. */
export function parseRolePrincipal(text: string): RolePrincipal | undefined {
  const [, mspId, roleName] = PRINCIPAL.exec(text) ?? [];
  const role = ROLES.find(([name]) => name === roleName)?.[0];
  return mspId === undefined || role === undefined ? undefined : { mspId, role };
}

/** The text that `parseRolePrincipal` reads, or `undefined` when the MSP id cannot be written so. */
export function formatRolePrincipal(principal: RolePrincipal): string | undefined {
  const text = `${principal.mspId}.${principal.role}`;
  return parseRolePrincipal(text) === undefined ? undefined : text;
}
