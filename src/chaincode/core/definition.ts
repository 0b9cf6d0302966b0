import { equalBytes, toHex } from "../../kernel/bytes.ts";
import {
  ChaincodeEndorsementInfo,
  ChaincodeValidationInfo,
  decode,
  encode,
} from "../../wire/index.ts";
import { ChaincodeError } from "../errors.ts";
import type { StateReader } from "../ports.ts";
import {
  approvalName,
  CHAINCODE_SOURCES,
  NAMESPACES,
  publicReader,
  type KeyReader,
} from "./lifecycle-keys.ts";
import {
  readBytesField,
  readIntegerField,
  readMetadata,
  readTextField,
  type FieldValue,
  type Structure,
} from "./lifecycle-serializer.ts";

/** What an organisation approves and a channel commits, apart from name and sequence. */
export interface ChaincodeParameters {
  readonly version: string;
  readonly endorsementPlugin: string;
  readonly validationPlugin: string;
  /** Marshalled ApplicationPolicy. */
  readonly validationParameter: Uint8Array;
  /** Marshalled CollectionConfigPackage; empty without collections. */
  readonly collections: Uint8Array;
  readonly initRequired: boolean;
}

/** A chaincode as a channel has committed it. */
export interface ChaincodeDefinition extends ChaincodeParameters {
  readonly name: string;
  /** Counts the definitions of this name, from 1. */
  readonly sequence: number;
}

const DEFINITION_DATATYPE = "ChaincodeDefinition";
const PARAMETERS_DATATYPE = "ChaincodeParameters";
const LOCAL_PACKAGE_DATATYPE = "ChaincodeLocalPackage";

/**
 * The committed definition, or undefined when there is none.
 * Throws `ChaincodeError` ("invalid-state") or `WireError` when what is kept under the name is no definition.
 */
export function readDefinition(
  state: Pick<StateReader, "getState">,
  name: string,
): ChaincodeDefinition | undefined {
  const reader = publicReader(state);
  const metadata = readMetadata(reader, NAMESPACES, name);
  if (metadata === undefined) return undefined;
  checkDatatype(DEFINITION_DATATYPE, metadata.datatype);
  const sequence = readSequence(state, name);
  return { name, sequence, ...readParameters(reader, name) };
}

/** The sequence of the committed definition; 0 when there is none. */
export function readSequence(state: Pick<StateReader, "getState">, name: string): number {
  return readIntegerField(publicReader(state), NAMESPACES, name, "Sequence");
}

/** What an organisation has approved for a sequence, or undefined. `state` is the organisation's. */
export function readApproval(
  state: KeyReader,
  name: string,
  sequence: number,
): ChaincodeParameters | undefined {
  const key = approvalName(name, sequence);
  const metadata = readMetadata(state, NAMESPACES, key);
  if (metadata === undefined) return undefined;
  checkDatatype(PARAMETERS_DATATYPE, metadata.datatype);
  return readParameters(state, key);
}

/** The package an organisation has approved for a sequence, empty when it has none; undefined without an approval. */
export function readApprovedPackageId(
  state: KeyReader,
  name: string,
  sequence: number,
): string | undefined {
  const key = approvalName(name, sequence);
  const metadata = readMetadata(state, CHAINCODE_SOURCES, key);
  if (metadata === undefined) return undefined;
  checkDatatype(LOCAL_PACKAGE_DATATYPE, metadata.datatype);
  return readTextField(state, CHAINCODE_SOURCES, key, "PackageID");
}

/** As it is kept in public. */
export function definitionStructure(parameters: ChaincodeParameters, sequence: number): Structure {
  const { fields } = parametersStructure(parameters);
  const value: FieldValue = { $case: "int64", value: sequence };
  return { datatype: DEFINITION_DATATYPE, fields: [{ name: "Sequence", value }, ...fields] };
}

/** As it is kept as an approval. */
export function parametersStructure(parameters: ChaincodeParameters): Structure {
  const { version, initRequired, endorsementPlugin } = parameters;
  const { validationPlugin, validationParameter, collections } = parameters;
  const endorsement = encode(ChaincodeEndorsementInfo, {
    version,
    initRequired,
    endorsementPlugin,
  });
  const validation = encode(ChaincodeValidationInfo, { validationPlugin, validationParameter });
  return {
    datatype: PARAMETERS_DATATYPE,
    fields: [
      { name: "EndorsementInfo", value: { $case: "bytes", value: endorsement } },
      { name: "ValidationInfo", value: { $case: "bytes", value: validation } },
      { name: "Collections", value: { $case: "bytes", value: collections } },
    ],
  };
}

/** As it is kept beside an approval. */
export function localPackageStructure(packageId: string): Structure {
  const value: FieldValue = { $case: "string", value: packageId };
  return { datatype: LOCAL_PACKAGE_DATATYPE, fields: [{ name: "PackageID", value }] };
}

/** The first difference in Fabric's words, or undefined when there is none. */
export function parametersDifference(
  expected: ChaincodeParameters,
  passed: ChaincodeParameters,
): string | undefined {
  const texts: readonly (readonly [string, string, string])[] = [
    ["Version", expected.version, passed.version],
    ["EndorsementPlugin", expected.endorsementPlugin, passed.endorsementPlugin],
    ["InitRequired", String(expected.initRequired), String(passed.initRequired)],
    ["ValidationPlugin", expected.validationPlugin, passed.validationPlugin],
    ["ValidationParameter", toHex(expected.validationParameter), toHex(passed.validationParameter)],
  ];
  const different = texts.find(([, a, b]) => a !== b);
  if (different !== undefined) {
    const [field, a, b] = different;
    return `expected ${field} '${a}' does not match passed ${field} '${b}'`;
  }
  return equalBytes(expected.collections, passed.collections)
    ? undefined
    : "Collections do not match";
}

function readParameters(state: KeyReader, key: string): ChaincodeParameters {
  const endorsement = decode(
    ChaincodeEndorsementInfo,
    readBytesField(state, NAMESPACES, key, "EndorsementInfo"),
  );
  const validation = decode(
    ChaincodeValidationInfo,
    readBytesField(state, NAMESPACES, key, "ValidationInfo"),
  );
  const collections = readBytesField(state, NAMESPACES, key, "Collections");
  return { ...endorsement, ...validation, collections };
}

function checkDatatype(expected: string, found: string): void {
  if (found === expected) return;
  throw new ChaincodeError("invalid-state", `type name mismatch '${expected}' != '${found}'`);
}
