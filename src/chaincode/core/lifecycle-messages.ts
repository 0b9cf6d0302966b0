/** Between `_lifecycle`'s messages and what they mean. */
import {
  CollectionConfigPackage,
  decode,
  encode,
  type ChaincodeSource,
  type QueryInstalledChaincodesResult_InstalledChaincode,
} from "../../wire/index.ts";
import type { InstalledPackage } from "./package-metadata.ts";
import type { ChaincodeDefinition } from "./definition.ts";
import type { ChaincodeVersion } from "./deployed-chaincodes.ts";

/** What approve, check-commit-readiness and commit are given alike. */
interface DefinitionArgs {
  readonly sequence: number;
  readonly name: string;
  readonly version: string;
  readonly endorsementPlugin: string;
  readonly validationPlugin: string;
  readonly validationParameter: Uint8Array;
  readonly collections: CollectionConfigPackage | undefined;
  readonly initRequired: boolean;
}

/** Collections are marshalled anew, as Fabric does: absent ones are kept as empty bytes. */
export function definitionOf(args: DefinitionArgs): ChaincodeDefinition {
  const collections = encode(CollectionConfigPackage, args.collections ?? { config: [] });
  return { ...args, collections };
}

/** The fields that all answers about a definition share. Fabric: collections are there even when there are none. */
export function definitionResult(
  definition: ChaincodeDefinition,
): DefinitionArgs & { readonly collections: CollectionConfigPackage } {
  const { sequence, name, version, endorsementPlugin } = definition;
  const { validationPlugin, validationParameter, initRequired } = definition;
  const collections = decode(CollectionConfigPackage, definition.collections);
  return {
    sequence,
    name,
    version,
    endorsementPlugin,
    validationPlugin,
    validationParameter,
    collections,
    initRequired,
  };
}

/** Empty when the organisation's peers have no package. */
export function packageIdOfSource(source: ChaincodeSource | undefined): string {
  return source?.type?.$case === "localPackage" ? source.type.value.packageId : "";
}

export function sourceOfPackageId(packageId: string): ChaincodeSource {
  return packageId === ""
    ? { type: { $case: "unavailable", value: {} } }
    : { type: { $case: "localPackage", value: { packageId } } };
}

/** An installed package with the channels that use it. */
export function installedResult(
  { packageId, label }: InstalledPackage,
  references: ReadonlyMap<string, readonly ChaincodeVersion[]>,
): QueryInstalledChaincodesResult_InstalledChaincode {
  const byChannel = [...references].map(
    ([channelId, chaincodes]) =>
      [channelId, { chaincodes: chaincodes.map((each) => ({ ...each })) }] as const,
  );
  return { packageId, label, references: new Map(byChannel) };
}
