import {
  BLOCK_METADATA,
  ConfigEnvelope,
  HeaderType,
  LastConfig,
  Metadata,
  OrdererBlockMetadata,
  openEnvelope,
  tryDecode,
  type Block,
  type Config,
  type OpenedEnvelope,
} from "../wire/index.ts";
import { ChannelError } from "./errors.ts";

/** True for a block whose only transaction is a configuration. Says nothing about the configuration itself. */
export function isConfigBlock(block: Block): boolean {
  return openConfig(block) !== undefined;
}

/** The configuration in a config block. Throws `ChannelError` ("malformed-block"). */
export function configOfBlock(block: Block): Config {
  const { payload } = openConfigOrThrow(block);
  const config = tryDecode(ConfigEnvelope, payload.data)?.config;
  if (config === undefined) throw malformedBlock(block, "holds no readable configuration");
  return config;
}

/** The channel that a config block says it belongs to. Throws `ChannelError` ("malformed-block"). */
export function channelIdOfBlock(block: Block): string {
  return openConfigOrThrow(block).channelHeader.channelId;
}

/**
 * The number of the newest config block at or before `block`, as its orderer signed it, or, for blocks of old
 * orderers, as they wrote it beside. `undefined` when the metadata cannot be read. Not verified here.
 */
export function lastConfigNumber(block: Block): number | undefined {
  const signed = metadataValue(block, BLOCK_METADATA.signatures);
  if (signed === undefined) return undefined;
  if (signed.length > 0) {
    const metadata = tryDecode(OrdererBlockMetadata, signed);
    return metadata === undefined ? undefined : (metadata.lastConfig?.index ?? 0);
  }
  const beside = metadataValue(block, BLOCK_METADATA.lastConfig);
  return beside === undefined ? undefined : tryDecode(LastConfig, beside)?.index;
}

function metadataValue(block: Block, entry: number): Uint8Array | undefined {
  const bytes = block.metadata?.metadata[entry];
  return bytes === undefined ? undefined : tryDecode(Metadata, bytes)?.value;
}

function openConfig(block: Block): OpenedEnvelope | undefined {
  const [first, ...others] = block.data?.data ?? [];
  if (first === undefined || others.length > 0) return undefined;
  const reading = openEnvelope(first);
  if (reading.kind === "malformed") return undefined;
  return reading.opened.channelHeader.type === HeaderType.CONFIG ? reading.opened : undefined;
}

function openConfigOrThrow(block: Block): OpenedEnvelope {
  const opened = openConfig(block);
  if (opened === undefined) throw malformedBlock(block, "is not a config block");
  return opened;
}

function malformedBlock(block: Block, problem: string): ChannelError {
  const number = block.header?.number;
  return new ChannelError("malformed-block", `block ${number ?? "without header"} ${problem}`, {
    data: { number },
  });
}
