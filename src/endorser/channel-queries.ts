import {
  failure,
  success,
  type AccessControl,
  type SystemChaincode,
  type SystemChaincodeCall,
} from "../chaincode/index.ts";
import { lastConfigNumber } from "../channel/index.ts";
import { EMPTY_BYTES, compareUtf8 } from "../kernel/bytes.ts";
import {
  Block,
  ChannelQueryResponse,
  Config,
  encode,
  type Response,
  type SignedProposal,
} from "../wire/index.ts";
import { readGenesisBlock } from "./core/genesis-block.ts";
import type { ChannelJoiner, EndorserChannel, EndorserChannels } from "./ports.ts";
import { textOf } from "./text-of.ts";

export interface ChannelQueriesDeps {
  readonly channels: EndorserChannels;
  readonly access: AccessControl;
  readonly joiner: ChannelJoiner;
}

/**
 * The system chaincode `cscc`: joining channels, which channels the peer has joined and how they are configured.
 * Fabric: `core/scc/cscc`, text for text. Joining with a ledger snapshot is not offered.
 */
export class ChannelQueries implements SystemChaincode {
  readonly name = "cscc";
  readonly #deps: ChannelQueriesDeps;

  constructor(deps: ChannelQueriesDeps) {
    this.#deps = deps;
  }

  async invoke({ args, signedProposal }: SystemChaincodeCall): Promise<Response> {
    const [nameBytes, channelBytes] = args;
    if (nameBytes === undefined) return failure("Incorrect number of arguments, 0");
    const name = textOf(nameBytes);
    if (name === "GetChannels") return this.#channels(signedProposal);
    if (channelBytes === undefined) {
      return failure(`Incorrect number of arguments, ${args.length}`);
    }
    const channelId = textOf(channelBytes);
    switch (name) {
      case "JoinChain":
        return this.#join(name, channelBytes, signedProposal);
      case "GetConfigBlock":
        return this.#ofChannel(name, channelId, signedProposal, configBlock);
      case "GetChannelConfig":
        if (channelId === "") return failure("empty channel name provided");
        return this.#ofChannel(name, channelId, signedProposal, channelConfig);
      default:
        return failure(`Requested function ${name} not found.`);
    }
  }

  async #channels(signedProposal: SignedProposal): Promise<Response> {
    const refusal = await this.#deps.access.refusal("cscc/GetChannels", "", signedProposal);
    if (refusal !== undefined) return failure(`access denied for [GetChannels]: ${refusal}`);
    const ids = [...this.#deps.channels.channelIds()].sort(compareUtf8);
    const channels = ids.map((channelId) => ({ channelId }));
    return success(encode(ChannelQueryResponse, { channels }));
  }

  // Fabric: the block is read before it is asked who sends it.
  async #join(
    name: string,
    blockBytes: Uint8Array,
    signedProposal: SignedProposal,
  ): Promise<Response> {
    const reading = readGenesisBlock(blockBytes);
    if (!reading.ok) return failure(reading.message);
    const { block, channelId } = reading;
    const refusal = await this.#deps.access.refusal(`cscc/${name}`, "", signedProposal);
    if (refusal !== undefined) {
      return failure(`access denied for [${name}][${channelId}]: [${refusal}]`);
    }
    const answer = await this.#deps.joiner.join(channelId, block);
    return answer.ok ? success(EMPTY_BYTES) : failure(answer.reason);
  }

  async #ofChannel(
    name: string,
    channelId: string,
    signedProposal: SignedProposal,
    query: (channel: EndorserChannel) => Promise<Response>,
  ): Promise<Response> {
    const refusal = await this.#deps.access.refusal(`cscc/${name}`, channelId, signedProposal);
    if (refusal !== undefined) {
      return failure(`access denied for [${name}][${channelId}]: ${refusal}`);
    }
    const channel = this.#deps.channels.channel(channelId);
    return channel === undefined ? failure(`Unknown channel ID, ${channelId}`) : query(channel);
  }
}

async function configBlock({ ledger }: EndorserChannel): Promise<Response> {
  const newest = await ledger.read(ledger.height - 1);
  const number = newest && lastConfigNumber(newest);
  const block = number === undefined ? undefined : await ledger.read(number);
  if (block === undefined) return failure("the newest block does not tell the last config block");
  return success(encode(Block, block));
}

function channelConfig({ config }: EndorserChannel): Promise<Response> {
  return Promise.resolve(success(encode(Config, config.current().config)));
}
