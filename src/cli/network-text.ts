/** What `heddle up` shows once a network runs. */
import { join } from "node:path";
import { dialAddressOf, type DevelopmentNetwork, type NodeStatus } from "../network/index.ts";
import type { Output } from "./output.ts";
import { formatTable } from "./table.ts";

export interface UpReport {
  readonly readyMs: number;
  readonly created: boolean;
  readonly detached: boolean;
}

export function networkDocument(
  network: DevelopmentNetwork,
  nodes: readonly NodeStatus[],
  readyMs: number,
): unknown {
  const { channelId, organizations } = network.topology;
  return {
    directory: network.layout.directory,
    channelId,
    readyMs: Math.round(readyMs),
    nodes,
    organizations: organizations.map((organization) => ({
      mspId: organization.mspId,
      connectionProfile: network.layout.connectionProfile(organization),
      users: ["User1", "Admin"].map((user) => network.layout.user(organization.domain, user)),
    })),
  };
}

export function describeNetwork(
  network: DevelopmentNetwork,
  nodes: readonly NodeStatus[],
  report: UpReport,
  output: Output,
): string {
  const rows = nodes.map((node) => [
    node.name,
    node.role,
    node.mspId,
    node.address,
    node.dataDirectory,
  ]);
  const seconds = (report.readyMs / 1_000).toFixed(1);
  const how = report.created ? "a new network" : "the network as it was left";
  return [
    `${output.bold("heddle")}: ${how}, channel ${network.topology.channelId}, ready in ${seconds} s`,
    "",
    formatTable(["NODE", "ROLE", "MSP", "ADDRESS", "DATA"], rows),
    "",
    output.bold("For the command line:"),
    `  ${environmentLine(network)}`,
    output.bold("For a program:"),
    `  ${snippetLine(network)}`,
    "",
    report.detached
      ? "running in the background; stop it with `heddle down`"
      : "blocks as they are committed (Ctrl-C stops the network):",
  ].join("\n");
}

function environmentLine(network: DevelopmentNetwork): string {
  const [organization] = network.topology.organizations;
  const [peer] = organization?.peers ?? [];
  if (organization === undefined || peer === undefined) return "";
  const variables: readonly (readonly [string, string])[] = [
    ["CORE_PEER_TLS_ENABLED", "true"],
    ["CORE_PEER_LOCALMSPID", organization.mspId],
    ["CORE_PEER_ADDRESS", dialAddressOf(peer)],
    ["CORE_PEER_TLS_ROOTCERT_FILE", join(network.layout.peer(peer), "tls", "ca.crt")],
    ["CORE_PEER_MSPCONFIGPATH", join(network.layout.user(organization.domain, "Admin"), "msp")],
  ];
  return `export ${variables.map(([name, value]) => `${name}=${value}`).join(" ")}`;
}

function snippetLine(network: DevelopmentNetwork): string {
  const [organization] = network.topology.organizations;
  const [peer] = organization?.peers ?? [];
  if (organization === undefined || peer === undefined) return "";
  const root = join(network.layout.peer(peer), "tls", "ca.crt");
  return `const client = new grpc.Client("${dialAddressOf(peer)}", grpc.credentials.createSsl(readFileSync("${root}")), { "grpc.ssl_target_name_override": "${peer.name}" }); const gateway = connect({ client, identity: { mspId: "${organization.mspId}", credentials }, signer });`;
}
