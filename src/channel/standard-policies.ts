import { parseImplicitMeta, rolePrincipal, type RoleName } from "../policy/index.ts";
import {
  ImplicitMetaPolicy,
  Policy_PolicyType,
  SignaturePolicyEnvelope,
  encode,
  type Policy,
  type SignaturePolicy,
} from "../wire/index.ts";

/** Policies of a group by name. */
export type Policies = Readonly<Record<string, Policy>>;

/** Of the channel as a whole. */
export const CHANNEL_POLICIES: Policies = {
  Admins: implicitMeta("MAJORITY Admins"),
  Readers: implicitMeta("ANY Readers"),
  Writers: implicitMeta("ANY Writers"),
};

/** Of the orderer group: blocks are valid with the signature of any orderer organisation's writer. */
export const ORDERER_POLICIES: Policies = {
  ...CHANNEL_POLICIES,
  BlockValidation: implicitMeta("ANY Writers"),
};

/** Of the application group: chaincodes and their definitions need most organisations unless they say otherwise. */
export const APPLICATION_POLICIES: Policies = {
  ...CHANNEL_POLICIES,
  Endorsement: implicitMeta("MAJORITY Endorsement"),
  LifecycleEndorsement: implicitMeta("MAJORITY Endorsement"),
};

/** Of an organisation that runs orderers. */
export function ordererOrganizationPolicies(mspId: string): Policies {
  return {
    Admins: anyOf(mspId, "admin"),
    Readers: anyOf(mspId, "member"),
    Writers: anyOf(mspId, "member"),
  };
}

/** Of an organisation that runs peers. They tell roles apart, so its MSP must have node OUs enabled. */
export function applicationOrganizationPolicies(mspId: string): Policies {
  return {
    Admins: anyOf(mspId, "admin"),
    Endorsement: anyOf(mspId, "peer"),
    Readers: anyOf(mspId, "admin", "peer", "client"),
    Writers: anyOf(mspId, "admin", "client"),
  };
}

function implicitMeta(text: string): Policy {
  const value = encode(ImplicitMetaPolicy, parseImplicitMeta(text));
  return { type: Policy_PolicyType.IMPLICIT_META, value };
}

// Not through the policy language, which cannot write every MSP id.
function anyOf(mspId: string, ...roles: readonly RoleName[]): Policy {
  const rules = roles.map((_role, value): SignaturePolicy => {
    return { type: { $case: "signedBy", value } };
  });
  const envelope: SignaturePolicyEnvelope = {
    version: 0,
    rule: { type: { $case: "nOutOf", value: { n: 1, rules } } },
    identities: roles.map((role) => rolePrincipal({ mspId, role })),
  };
  return { type: Policy_PolicyType.SIGNATURE, value: encode(SignaturePolicyEnvelope, envelope) };
}
