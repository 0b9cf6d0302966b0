import {
  failure,
  success,
  type AccessControl,
  type SystemChaincode,
  type SystemChaincodeCall,
} from "../chaincode/index.ts";
import { EMPTY_BYTES, toHex } from "../kernel/bytes.ts";
import {
  Block,
  BlockchainInfo,
  Envelope,
  ProcessedTransaction,
  encode,
  tryDecode,
  type Response,
} from "../wire/index.ts";
import type { EndorserChannels, EndorserLedger } from "./ports.ts";
import { textOf } from "./text-of.ts";

export interface LedgerQueriesDeps {
  readonly channels: Pick<EndorserChannels, "channel">;
  readonly access: AccessControl;
}

type Query = (ledger: EndorserLedger, argument: Uint8Array) => Promise<Response>;

const QUERIES: ReadonlyMap<string, Query> = new Map<string, Query>([
  ["GetChainInfo", chainInfo],
  ["GetBlockByNumber", blockByNumber],
  ["GetBlockByHash", blockByHash],
  ["GetTransactionByID", transactionById],
  ["GetBlockByTxID", blockByTxId],
]);

const UINT64_MAX = 2n ** 64n - 1n;
const NUMBER_LENGTH_MAX = 32;

/** The system chaincode `qscc`: reads of blocks and transactions. Fabric: `core/scc/qscc`, text for text. */
export class LedgerQueries implements SystemChaincode {
  readonly name = "qscc";
  readonly #deps: LedgerQueriesDeps;

  constructor(deps: LedgerQueriesDeps) {
    this.#deps = deps;
  }

  async invoke({ args, signedProposal }: SystemChaincodeCall): Promise<Response> {
    const [nameBytes, channelBytes, argument] = args;
    if (nameBytes === undefined || channelBytes === undefined) {
      return failure(`Incorrect number of arguments, ${args.length}`);
    }
    const name = textOf(nameBytes);
    const channelId = textOf(channelBytes);
    if (name !== "GetChainInfo" && argument === undefined) {
      return failure(`missing 3rd argument for ${name}`);
    }
    const channel = this.#deps.channels.channel(channelId);
    if (channel === undefined) return failure(`Invalid chain ID, ${channelId}`);
    const refusal = await this.#deps.access.refusal(`qscc/${name}`, channelId, signedProposal);
    if (refusal !== undefined) {
      return failure(`access denied for [${name}][${channelId}]: [${refusal}]`);
    }
    const query = QUERIES.get(name);
    if (query === undefined) return failure(`Requested function ${name} not found.`);
    return query(channel.ledger, argument ?? EMPTY_BYTES);
  }
}

async function chainInfo(ledger: EndorserLedger): Promise<Response> {
  const { height, lastBlockHash } = ledger;
  const newest = height === 0 ? undefined : await ledger.read(height - 1);
  const info = {
    height,
    currentBlockHash: lastBlockHash ?? EMPTY_BYTES,
    previousBlockHash: newest?.header?.previousHash ?? EMPTY_BYTES,
    bootstrappingSnapshotInfo: undefined,
  };
  return success(encode(BlockchainInfo, info));
}

async function blockByNumber(ledger: EndorserLedger, argument: Uint8Array): Promise<Response> {
  const text = textOf(argument);
  const number = parseUint64(text);
  if (number === undefined) {
    return failure(
      `Failed to parse block number with error strconv.ParseUint: parsing ${JSON.stringify(text.slice(0, NUMBER_LENGTH_MAX))}: invalid syntax`,
    );
  }
  // Clients ask for the newest block as 2^64-1.
  const wanted = number === UINT64_MAX ? ledger.height - 1 : Number(number);
  const block = wanted < ledger.height ? await ledger.read(wanted) : undefined;
  if (block !== undefined) return success(encode(Block, block));
  return failure(
    `Failed to get block number ${number}, error no such block number [${number}] in index`,
  );
}

async function blockByHash(ledger: EndorserLedger, hash: Uint8Array): Promise<Response> {
  const block = await ledger.blockByHash(hash);
  if (block !== undefined) return success(encode(Block, block));
  const hex = toHex(hash.subarray(0, NUMBER_LENGTH_MAX));
  return failure(`Failed to get block hash ${hex}, error no such block hash [${hex}] in index`);
}

async function transactionById(ledger: EndorserLedger, argument: Uint8Array): Promise<Response> {
  const txId = textOf(argument);
  const place = ledger.transaction(txId);
  const block = place && (await ledger.read(place.blockNumber));
  const bytes = place && block?.data?.data[place.txIndex];
  const transactionEnvelope = bytes && tryDecode(Envelope, bytes);
  if (place === undefined || transactionEnvelope === undefined) {
    return failure(`Failed to get transaction with id ${txId}, error ${noSuchTransaction(txId)}`);
  }
  const processed = { transactionEnvelope, validationCode: place.code };
  return success(encode(ProcessedTransaction, processed));
}

async function blockByTxId(ledger: EndorserLedger, argument: Uint8Array): Promise<Response> {
  const txId = textOf(argument);
  const place = ledger.transaction(txId);
  const block = place && (await ledger.read(place.blockNumber));
  if (block !== undefined) return success(encode(Block, block));
  return failure(`Failed to get block for txID ${txId}, error ${noSuchTransaction(txId)}`);
}

function noSuchTransaction(txId: string): string {
  return `no such transaction ID [${txId}] in index`;
}

function parseUint64(text: string): bigint | undefined {
  if (!/^[0-9]{1,20}$/.test(text)) return undefined;
  const number = BigInt(text);
  return number > UINT64_MAX ? undefined : number;
}
