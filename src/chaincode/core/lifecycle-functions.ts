/** The functions of `_lifecycle` that work on a channel: from the marshalled argument to the marshalled result. */
import { HeddleError } from "../../kernel/error.ts";
import {
  ApproveChaincodeDefinitionForMyOrgArgs,
  ApproveChaincodeDefinitionForMyOrgResult,
  CheckCommitReadinessArgs,
  CheckCommitReadinessResult,
  CommitChaincodeDefinitionArgs,
  CommitChaincodeDefinitionResult,
  encode,
  QueryApprovedChaincodeDefinitionArgs,
  QueryApprovedChaincodeDefinitionResult,
  QueryChaincodeDefinitionArgs,
  QueryChaincodeDefinitionResult,
  QueryChaincodeDefinitionsArgs,
  QueryChaincodeDefinitionsResult,
  type CollectionConfigPackage,
  type MessageType,
  decodeRequest,
} from "../../wire/index.ts";
import { ChaincodeError } from "../errors.ts";
import {
  definitionOf,
  definitionResult,
  packageIdOfSource,
  sourceOfPackageId,
} from "./lifecycle-messages.ts";
import {
  approvalsOf,
  approve,
  checkCommitReadiness,
  checkDefinition,
  commit,
  queryAllCommitted,
  queryApproved,
  queryCommitted,
  type LifecycleTransaction,
} from "./lifecycle-operations.ts";

/** Throws a `HeddleError` whose message is the answer to the caller. */
export type ChannelFunction = (
  argument: Uint8Array,
  transaction: LifecycleTransaction,
) => Uint8Array;

/** By the name in the first argument of a call. */
export const CHANNEL_FUNCTIONS: ReadonlyMap<string, ChannelFunction> = new Map([
  ["ApproveChaincodeDefinitionForMyOrg", approveForMyOrg],
  ["QueryApprovedChaincodeDefinition", queryApprovedDefinition],
  ["CheckCommitReadiness", checkReadiness],
  ["CommitChaincodeDefinition", commitDefinition],
  ["QueryChaincodeDefinition", queryDefinition],
  ["QueryChaincodeDefinitions", queryDefinitions],
]);

function approveForMyOrg(argument: Uint8Array, transaction: LifecycleTransaction): Uint8Array {
  const args = decodeArgs(ApproveChaincodeDefinitionForMyOrgArgs, argument);
  checkInput(transaction, args);
  approve(transaction, definitionOf(args), packageIdOfSource(args.source));
  return encode(ApproveChaincodeDefinitionForMyOrgResult, {});
}

function queryApprovedDefinition(
  argument: Uint8Array,
  transaction: LifecycleTransaction,
): Uint8Array {
  const { name, sequence } = decodeArgs(QueryApprovedChaincodeDefinitionArgs, argument);
  const approved = queryApproved(transaction, name, sequence);
  const source = sourceOfPackageId(approved.packageId);
  return encode(QueryApprovedChaincodeDefinitionResult, {
    ...definitionResult(approved),
    source,
  });
}

function checkReadiness(argument: Uint8Array, transaction: LifecycleTransaction): Uint8Array {
  const args = decodeArgs(CheckCommitReadinessArgs, argument);
  const { approvals, mismatches } = checkCommitReadiness(transaction, definitionOf(args));
  const items = [...mismatches].map(([mspId, names]) => [mspId, { items: [...names] }] as const);
  return encode(CheckCommitReadinessResult, {
    approvals: new Map(approvals),
    mismatches: new Map(items),
  });
}

function commitDefinition(argument: Uint8Array, transaction: LifecycleTransaction): Uint8Array {
  const args = decodeArgs(CommitChaincodeDefinitionArgs, argument);
  checkInput(transaction, args);
  commit(transaction, definitionOf(args));
  return encode(CommitChaincodeDefinitionResult, {});
}

function queryDefinition(argument: Uint8Array, transaction: LifecycleTransaction): Uint8Array {
  const { name } = decodeArgs(QueryChaincodeDefinitionArgs, argument);
  const definition = queryCommitted(transaction.state, name);
  const { approvals } = approvalsOf(transaction, definition);
  return encode(QueryChaincodeDefinitionResult, {
    ...definitionResult(definition),
    approvals: new Map(approvals),
  });
}

function queryDefinitions(argument: Uint8Array, transaction: LifecycleTransaction): Uint8Array {
  decodeArgs(QueryChaincodeDefinitionsArgs, argument);
  const chaincodeDefinitions = queryAllCommitted(transaction.state).map(definitionResult);
  return encode(QueryChaincodeDefinitionsResult, { chaincodeDefinitions });
}

function checkInput(
  transaction: LifecycleTransaction,
  args: {
    readonly name: string;
    readonly version: string;
    readonly collections: CollectionConfigPackage | undefined;
  },
): void {
  try {
    checkDefinition(transaction, args.name, args.version, args.collections);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const reason = `error validating chaincode definition: ${error.message}`;
    throw new ChaincodeError("refused", reason, { cause: error });
  }
}

/** Throws `ChaincodeError` ("refused"). */
export function decodeArgs<T>(type: MessageType<T>, argument: Uint8Array): T {
  try {
    return decodeRequest(type, argument);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const reason = `could not decode input arg: ${error.message}`;
    throw new ChaincodeError("refused", reason, { cause: error });
  }
}
