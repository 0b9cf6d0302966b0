import { applicationPolicyPath } from "../policy/index.ts";
import type { ACLs } from "../wire/index.ts";

const READERS = "/Channel/Application/Readers";
const WRITERS = "/Channel/Application/Writers";

const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ["_lifecycle/CommitChaincodeDefinition", WRITERS],
  ["_lifecycle/QueryChaincodeDefinition", WRITERS],
  ["_lifecycle/QueryChaincodeDefinitions", WRITERS],
  ["_lifecycle/CheckCommitReadiness", WRITERS],
  ["lscc/ChaincodeExists", READERS],
  ["lscc/GetDeploymentSpec", READERS],
  ["lscc/GetChaincodeData", READERS],
  ["lscc/GetInstantiatedChaincodes", READERS],
  ["lscc/GetCollectionsConfig", READERS],
  ["qscc/GetChainInfo", READERS],
  ["qscc/GetBlockByNumber", READERS],
  ["qscc/GetBlockByHash", READERS],
  ["qscc/GetTransactionByID", READERS],
  ["qscc/GetBlockByTxID", READERS],
  ["cscc/GetConfigBlock", READERS],
  ["cscc/GetChannelConfig", READERS],
  ["peer/Propose", WRITERS],
  ["peer/ChaincodeToChaincode", WRITERS],
  ["event/Block", READERS],
  ["event/FilteredBlock", READERS],
  ["gateway/CommitStatus", READERS],
  ["gateway/ChaincodeEvents", READERS],
]);

/** The channel's own policy paths by resource, absolute. An entry without a policy leaves the default in force. */
export function readAcls(message: ACLs | undefined): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [resource, { policyRef }] of message?.acls ?? []) {
    if (policyRef !== "") paths.set(resource, applicationPolicyPath(policyRef));
  }
  return paths;
}

/**
 * The path of the policy that guards `resource`, such as `event/Block`. A resource that no channel policy guards,
 * unknown or a peer's own, has the empty path, where no policy is found: nobody may.
 */
export function aclPolicyPath(acls: ReadonlyMap<string, string>, resource: string): string {
  const standard = DEFAULTS.get(resource);
  return standard === undefined ? "" : (acls.get(resource) ?? standard);
}
