import { ChannelConfig, ChannelError } from "../../channel/index.ts";
import { equalBytes } from "../../kernel/bytes.ts";
import { HeddleError, errorMessage } from "../../kernel/error.ts";
import {
  Block,
  ChannelHeader,
  ConfigEnvelope,
  Envelope,
  HeaderType,
  Payload,
  blockDataHash,
  decode,
} from "../../wire/index.ts";

/** The answer of `readGenesisBlock`. */
export type GenesisReading =
  | { readonly ok: true; readonly block: Block; readonly channelId: string }
  | { readonly ok: false; readonly message: string };

const APPLICATION = "Application";

/** Reads the block that a channel is to be joined with, in Fabric's order and words. Never throws. */
export function readGenesisBlock(bytes: Uint8Array): GenesisReading {
  let block: Block;
  try {
    block = decode(Block, bytes);
  } catch (error) {
    return refused(
      `Failed to reconstruct the genesis block, error unmarshalling Block: ${errorMessage(error)}`,
    );
  }
  const first = block.data?.data[0];
  try {
    if (first === undefined) throw new Error("failed to retrieve channel id - block is empty");
    const payload = decode(Payload, decode(Envelope, first).payload);
    if (payload.header === undefined) {
      throw new Error("failed to retrieve channel id - payload header is empty");
    }
    const header = decode(ChannelHeader, payload.header.channelHeader);
    return judge(block, header, payload.data);
  } catch (error) {
    return refused(
      `"JoinChain" request failed to extract channel id from the block due to [${errorMessage(error)}]`,
    );
  }
}

function judge(block: Block, header: ChannelHeader, data: Uint8Array): GenesisReading {
  const { channelId } = header;
  const problem = configProblem(header, data) ?? blockProblem(block);
  return problem === undefined
    ? { ok: true, block, channelId }
    : refused(
        `"JoinChain" for channelID = ${channelId} failed because of validation of configuration block, because of ${problem}`,
      );
}

function configProblem(header: ChannelHeader, data: Uint8Array): string | undefined {
  const bad = "Bad configuration envelope: ";
  if (header.type !== HeaderType.CONFIG) {
    return `${bad}invalid type ${typeName(header.type)}, expected CONFIG`;
  }
  let envelope: ConfigEnvelope;
  try {
    envelope = decode(ConfigEnvelope, data);
  } catch (error) {
    return `${bad}error unmarshalling message for type CONFIG: ${errorMessage(error)}`;
  }
  const { config } = envelope;
  if (config === undefined) return "Nil config envelope Config";
  if (config.channelGroup === undefined) return "Nil channel group";
  const { groups } = config.channelGroup;
  if (groups.size === 0) return "No channel configuration groups are available";
  return groups.has(APPLICATION)
    ? undefined
    : `Invalid configuration block, missing ${APPLICATION} configuration group`;
}

// Fabric finds the rest when the ledger is there already; nothing is made here from a block that cannot be used.
function blockProblem(block: Block): string | undefined {
  try {
    ChannelConfig.fromBlock(block);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const isCapability = error instanceof ChannelError && error.code === "unsupported-capability";
    return isCapability ? `Failed capabilities check: [${error.message}]` : error.message;
  }
  if (block.header === undefined) return "the block has no header";
  return equalBytes(blockDataHash(block.data?.data ?? []), block.header.dataHash)
    ? undefined
    : "the block's data hash does not match its data";
}

function typeName(type: number): string {
  return Object.entries(HeaderType).find(([, value]) => value === type)?.[0] ?? String(type);
}

function refused(message: string): GenesisReading {
  return { ok: false, message };
}
