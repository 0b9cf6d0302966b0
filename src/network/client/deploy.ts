/**
 * Deploys a contract to every organisation of a channel: install on each peer, approve for each organisation,
 * commit, and wait until it answers. Real `_lifecycle` transactions, as Fabric's `peer lifecycle chaincode` makes them.
 */
import { utf8 } from "../../kernel/bytes.ts";
import { errorMessage } from "../../kernel/error.ts";
import type { RpcChannel } from "../../kernel/ports/rpc.ts";
import {
  ApplicationPolicy,
  ApproveChaincodeDefinitionForMyOrgArgs,
  CommitChaincodeDefinitionArgs,
  create,
  decode,
  encode,
  InstallChaincodeArgs,
  InstallChaincodeResult,
  QueryChaincodeDefinitionArgs,
  QueryChaincodeDefinitionResult,
  type SignaturePolicyEnvelope,
} from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";
import { collectionPackage, type Collection } from "./collections.ts";
import type { FabricClient } from "./fabric-client.ts";
import { retry, type Retry } from "./retry.ts";

const LIFECYCLE = "_lifecycle";
/** A contract that does not answer by then has a fault of its own. */
const START_TIMEOUT_MS = 60_000;
/** Time for every organisation's peer to commit the approvals. */
const APPROVALS_TIMEOUT_MS = 10_000;

const INSTALLED = /chaincode already successfully installed \(package ID '([^']+)'\)/;

/** An organisation's administrator and the peers to install on. */
export interface DeployOrganization {
  readonly mspId: string;
  readonly admin: FabricClient;
  readonly peers: readonly RpcChannel[];
}

export interface DeployRequest {
  readonly channelId: string;
  readonly name: string;
  readonly version: string;
  /** Chaincode package: a gzipped tar of metadata.json and code.tar.gz. */
  readonly package: Uint8Array;
  /** Undefined: the channel's default, a majority of organisations. */
  readonly policy: SignaturePolicyEnvelope | undefined;
  readonly initRequired: boolean;
  /** None: the contract has no private data. */
  readonly collections?: readonly Collection[];
}

export interface DeployedChaincode {
  readonly packageId: string;
  readonly sequence: number;
  /** Block that holds the definition. */
  readonly blockNumber: number;
}

/** `onStep` is told what is being done, for a progress display. */
export async function deployChaincode(
  organizations: readonly DeployOrganization[],
  request: DeployRequest,
  onStep: (text: string) => void,
  again: Retry = retry,
): Promise<DeployedChaincode> {
  const [first] = organizations;
  if (first === undefined)
    throw new NetworkError("refused", "the channel has no organisation to deploy to");
  onStep(`installing ${request.name} on every peer`);
  const packageId = await installEverywhere(organizations, request);
  const sequence = (await committedSequence(first, request)) + 1;
  const definition = definitionOf(request, sequence);
  for (const organization of organizations) {
    onStep(`approving for ${organization.mspId}`);
    await approve(organization, request.channelId, definition, packageId);
  }
  onStep("committing the definition");
  const { blockNumber } = await commit(organizations, request.channelId, definition, again);
  onStep(`waiting for ${request.name} to start`);
  await untilAnswering(organizations, request, again);
  return { packageId, sequence, blockNumber };
}

type Definition = CommitChaincodeDefinitionArgs;

function definitionOf(request: DeployRequest, sequence: number): Definition {
  const policy: ApplicationPolicy = {
    type:
      request.policy === undefined
        ? { $case: "channelConfigPolicyReference", value: "/Channel/Application/Endorsement" }
        : { $case: "signaturePolicy", value: request.policy },
  };
  return create(CommitChaincodeDefinitionArgs, {
    sequence,
    name: request.name,
    version: request.version,
    endorsementPlugin: "escc",
    validationPlugin: "vscc",
    validationParameter: encode(ApplicationPolicy, policy),
    initRequired: request.initRequired,
    ...(request.collections && { collections: collectionPackage(request.collections) }),
  });
}

async function installEverywhere(
  organizations: readonly DeployOrganization[],
  request: DeployRequest,
): Promise<string> {
  const ids = await Promise.all(
    organizations.flatMap(({ admin, peers }) =>
      peers.map((peer) => installPackage(admin, peer, request.package)),
    ),
  );
  return ids[0] ?? "";
}

/** Installs a package on one peer; resolves with its id. One that the peer has already is as good: Fabric's refuses, and names it. */
export async function installPackage(
  admin: FabricClient,
  peer: RpcChannel,
  chaincodePackage: Uint8Array,
): Promise<string> {
  const argument = encode(InstallChaincodeArgs, { chaincodeInstallPackage: chaincodePackage });
  const proposal = await admin.prepare(lifecycleCall("", "InstallChaincode", argument));
  try {
    const { response } = await admin.propose(proposal, peer);
    return decode(InstallChaincodeResult, response?.payload ?? new Uint8Array(0)).packageId;
  } catch (error) {
    const installed = INSTALLED.exec(errorMessage(error))?.[1];
    if (installed === undefined) throw error;
    return installed;
  }
}

async function committedSequence(
  organization: DeployOrganization,
  request: DeployRequest,
): Promise<number> {
  const argument = encode(QueryChaincodeDefinitionArgs, { name: request.name });
  const [peer] = organization.peers;
  if (peer === undefined) return 0;
  const proposal = await organization.admin.prepare(
    lifecycleCall(request.channelId, "QueryChaincodeDefinition", argument),
  );
  try {
    const answer = await organization.admin.propose(proposal, peer);
    const payload = answer.response?.payload ?? new Uint8Array(0);
    return decode(QueryChaincodeDefinitionResult, payload).sequence;
  } catch (error) {
    if (error instanceof NetworkError && error.data["status"] === 404) return 0;
    throw error;
  }
}

// One peer endorses; it hands the private half of the approval to the others of its organisation.
async function approve(
  organization: DeployOrganization,
  channelId: string,
  definition: Definition,
  packageId: string,
): Promise<void> {
  const argument = encode(
    ApproveChaincodeDefinitionForMyOrgArgs,
    create(ApproveChaincodeDefinitionForMyOrgArgs, {
      ...definition,
      source: { type: { $case: "localPackage", value: { packageId } } },
    }),
  );
  const { admin, peers } = organization;
  const call = lifecycleCall(channelId, "ApproveChaincodeDefinitionForMyOrg", argument);
  const proposal = await admin.prepare(call);
  await admin.submit(proposal, await admin.endorseAt(proposal, peers.slice(0, 1)));
}

async function commit(
  organizations: readonly DeployOrganization[],
  channelId: string,
  definition: Definition,
  again: Retry,
): Promise<{ readonly blockNumber: number }> {
  const [first] = organizations;
  if (first === undefined) throw new NetworkError("refused", "the channel has no organisation");
  const argument = encode(CommitChaincodeDefinitionArgs, definition);
  const call = lifecycleCall(channelId, "CommitChaincodeDefinition", argument);
  const endorsers = organizations.flatMap(({ peers }) => peers.slice(0, 1));
  const attempt = async (): Promise<{ readonly blockNumber: number }> => {
    const proposal = await first.admin.prepare(call);
    return first.admin.submit(proposal, await first.admin.endorseAt(proposal, endorsers));
  };
  // A peer that has not yet committed the last approval refuses, or computes another result.
  return again(attempt, { timeoutMs: APPROVALS_TIMEOUT_MS, isWorthIt: isRefusal });
}

function isRefusal(error: unknown): boolean {
  return error instanceof NetworkError && error.code === "refused";
}

// Endorsed by every organisation and never submitted: it shows that each has a peer that runs the contract, and that the
// peers know of each other. What the gateway plans by itself would show less: the call may touch no state.
async function untilAnswering(
  organizations: readonly DeployOrganization[],
  request: DeployRequest,
  again: Retry,
): Promise<void> {
  const options = { timeoutMs: START_TIMEOUT_MS, isWorthIt: isRefusal };
  const mspIds = organizations.map(({ mspId }) => mspId);
  const answers = organizations.map(({ admin }) =>
    again(() => probe(admin, request, mspIds), options),
  );
  await Promise.all(answers).catch((error: unknown) => {
    throw new NetworkError(
      "node failed",
      `${request.name} is committed but does not answer after ${START_TIMEOUT_MS} ms: ${errorMessage(error)}`,
      { cause: error },
    );
  });
}

/** Resolves once the contract can be endorsed, or answers with an error of its own; rejects until then. */
async function probe(
  client: FabricClient,
  request: DeployRequest,
  mspIds: readonly string[],
): Promise<void> {
  const proposal = await client.prepare({
    channelId: request.channelId,
    chaincode: request.name,
    args: [utf8("org.hyperledger.fabric:GetMetadata")],
  });
  try {
    await client.endorse(proposal, mspIds);
  } catch (error) {
    if (!errorMessage(error).includes("chaincode response 5")) throw error;
  }
}

function lifecycleCall(
  channelId: string,
  method: string,
  argument: Uint8Array,
): {
  readonly channelId: string;
  readonly chaincode: string;
  readonly args: readonly Uint8Array[];
} {
  return { channelId, chaincode: LIFECYCLE, args: [utf8(method), argument] };
}
