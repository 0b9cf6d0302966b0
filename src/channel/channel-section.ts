import {
  BlockDataHashingStructure,
  Capabilities,
  Consortium,
  HashingAlgorithm,
  OrdererAddresses,
  Orderers,
  type ConfigGroup,
} from "../wire/index.ts";
import { hasOrganizationEndpoints, readCapabilities, type CapabilitySet } from "./capabilities.ts";
import { readValues } from "./config-values.ts";
import { invalidConfig } from "./errors.ts";

/** The values of the channel group itself. */
export interface ChannelSection {
  readonly capabilities: CapabilitySet;
  /** `host:port` of orderers, whatever their organisation. For channels whose organisations list none. */
  readonly ordererAddresses: readonly string[];
}

const HASHING_ALGORITHMS = ["SHA256", "SHA3_256"];
const DATA_HASH_WIDTH = 0xffff_ffff;

const VALUES = {
  BlockDataHashingStructure,
  Capabilities,
  Consortium,
  HashingAlgorithm,
  OrdererAddresses,
  Orderers,
};

/** Reads the values of the channel group at `path`. Throws `ChannelError`. */
export function readChannelSection(path: string, group: ConfigGroup): ChannelSection {
  const values = readValues(path, group, VALUES);
  const capabilities = readCapabilities(`${path}/Capabilities`, "channel", values.Capabilities);
  const algorithm = values.HashingAlgorithm?.name ?? "";
  if (!HASHING_ALGORITHMS.includes(algorithm)) {
    const shown = JSON.stringify(algorithm.slice(0, 64));
    throw invalidConfig(`${path}/HashingAlgorithm`, `unknown hashing algorithm ${shown}`);
  }
  const width = values.BlockDataHashingStructure?.width ?? 0;
  if (width !== DATA_HASH_WIDTH) {
    throw invalidConfig(
      `${path}/BlockDataHashingStructure`,
      `width ${width} is not ${DATA_HASH_WIDTH}`,
    );
  }
  const ordererAddresses = values.OrdererAddresses?.addresses ?? [];
  if (ordererAddresses.length === 0 && !hasOrganizationEndpoints(capabilities)) {
    throw invalidConfig(`${path}/OrdererAddresses`, "must be set below channel capability V1_4_2");
  }
  return { capabilities, ordererAddresses };
}
