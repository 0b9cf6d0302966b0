/** Who may call functions that concern the peer and no channel. Fabric: not to be overridden by a channel's ACLs. */
export type LocalPolicy = "Admins" | "Members";

const LOCAL_POLICIES: ReadonlyMap<string, LocalPolicy> = new Map<string, LocalPolicy>([
  ["_lifecycle/InstallChaincode", "Admins"],
  ["_lifecycle/QueryInstalledChaincode", "Admins"],
  ["_lifecycle/QueryInstalledChaincodes", "Admins"],
  ["_lifecycle/GetInstalledChaincodePackage", "Admins"],
  ["_lifecycle/ApproveChaincodeDefinitionForMyOrg", "Admins"],
  ["_lifecycle/QueryApprovedChaincodeDefinition", "Admins"],
  ["_lifecycle/QueryApprovedChaincodeDefinitions", "Admins"],
  ["snapshot/submitrequest", "Admins"],
  ["snapshot/cancelrequest", "Admins"],
  ["snapshot/listpending", "Admins"],
  ["cscc/JoinChain", "Admins"],
  ["cscc/JoinChainBySnapshot", "Admins"],
  ["cscc/JoinBySnapshotStatus", "Admins"],
  ["cscc/GetChannels", "Members"],
]);

/** The policy of a resource of the peer itself; undefined for resources of channels. */
export function localPolicy(resource: string): LocalPolicy | undefined {
  return LOCAL_POLICIES.get(resource);
}
