/** Endorser transactions, built layer by layer so that a test can spoil any one of them. */
import { sha256 } from "../../src/crypto/index.ts";
import { EMPTY_BYTES, concatBytes, utf8 } from "../../src/kernel/bytes.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import {
  ChaincodeAction,
  ChaincodeActionPayload,
  ChaincodeHeaderExtension,
  ChannelHeader,
  Envelope,
  HashedRWSet,
  HeaderType,
  KVRWSet,
  Payload,
  ProposalResponsePayload,
  SignatureHeader,
  Transaction,
  TxReadWriteSet,
  create,
  encode,
  timestampFromMs,
  transactionId,
  type Partially,
} from "../../src/wire/index.ts";
import { CHANNEL_ID, SAMPLE_NOW_MS } from "./sample-channel.ts";

/** Every layer can be replaced: a function is given the layer as it would be. */
export interface TransactionRecipe {
  readonly creator: Signer;
  readonly endorsers: readonly Signer[];
  /** Makes the id. */
  readonly nonce: string;
  readonly chaincode?: string;
  /** Marshalled `TxReadWriteSet`. */
  readonly results?: Uint8Array;
  readonly channelHeader?: (header: ChannelHeader) => ChannelHeader;
  readonly signatureHeader?: (header: SignatureHeader) => SignatureHeader;
  readonly headerExtension?: (bytes: Uint8Array) => Uint8Array;
  readonly chaincodeAction?: (action: ChaincodeAction) => ChaincodeAction;
  readonly chaincodeActionBytes?: (bytes: Uint8Array) => Uint8Array;
  readonly proposalResponse?: (payload: ProposalResponsePayload) => ProposalResponsePayload;
  readonly actionPayload?: (payload: ChaincodeActionPayload) => ChaincodeActionPayload;
  readonly transaction?: (transaction: Transaction) => Transaction;
  readonly data?: (bytes: Uint8Array) => Uint8Array;
  readonly payload?: (payload: Payload) => Payload;
  readonly payloadBytes?: (bytes: Uint8Array) => Uint8Array;
  readonly envelope?: (envelope: Envelope) => Envelope;
}

function same<T>(value: T): T {
  return value;
}

/** The id of the transaction that a recipe makes. */
export function transactionIdOf(recipe: Pick<TransactionRecipe, "creator" | "nonce">): string {
  return transactionId(utf8(recipe.nonce), recipe.creator.identity);
}

/** A signed envelope of an endorsed transaction. */
export async function sampleTransaction(recipe: TransactionRecipe): Promise<Uint8Array> {
  const headers = headersOf(recipe);
  const transaction = await transactionOf(recipe, headers);
  const data = encode(Transaction, (recipe.transaction ?? same)(transaction));
  const payload = (recipe.payload ?? same)({
    header: headers,
    data: (recipe.data ?? same)(data),
  });
  return sealed(recipe, payload);
}

/** A signed envelope of any type with any data. */
export function sampleEnvelope(
  recipe: Omit<TransactionRecipe, "endorsers">,
  data: Uint8Array,
): Promise<Uint8Array> {
  const full = { ...recipe, endorsers: [] };
  return sealed(full, { header: headersOf(full), data });
}

interface Headers {
  readonly channelHeader: Uint8Array;
  readonly signatureHeader: Uint8Array;
}

function headersOf(recipe: TransactionRecipe): Headers {
  const extension = encode(ChaincodeHeaderExtension, {
    chaincodeId: { name: recipe.chaincode ?? "cc", path: "", version: "" },
  });
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.ENDORSER_TRANSACTION,
    timestamp: timestampFromMs(SAMPLE_NOW_MS),
    channelId: CHANNEL_ID,
    txId: transactionIdOf(recipe),
    extension: (recipe.headerExtension ?? same)(extension),
  });
  const signatureHeader = { creator: recipe.creator.identity, nonce: utf8(recipe.nonce) };
  return {
    channelHeader: encode(ChannelHeader, (recipe.channelHeader ?? same)(channelHeader)),
    signatureHeader: encode(SignatureHeader, (recipe.signatureHeader ?? same)(signatureHeader)),
  };
}

async function transactionOf(recipe: TransactionRecipe, headers: Headers): Promise<Transaction> {
  const chaincodeProposalPayload = utf8("proposal payload");
  const name = recipe.chaincode ?? "cc";
  const action = create(ChaincodeAction, {
    results: recipe.results ?? EMPTY_BYTES,
    response: { status: 200 },
    chaincodeId: { name, version: "1.0" },
  });
  const actionBytes = encode(ChaincodeAction, (recipe.chaincodeAction ?? same)(action));
  const response = (recipe.proposalResponse ?? same)({
    proposalHash: sha256(headers.channelHeader, headers.signatureHeader, chaincodeProposalPayload),
    extension: (recipe.chaincodeActionBytes ?? same)(actionBytes),
  });
  const proposalResponsePayload = encode(ProposalResponsePayload, response);
  const endorsements = await Promise.all(
    recipe.endorsers.map(async (endorser) => ({
      endorser: endorser.identity,
      signature: await endorser.sign(concatBytes(proposalResponsePayload, endorser.identity)),
    })),
  );
  const payload = (recipe.actionPayload ?? same)({
    chaincodeProposalPayload,
    action: { proposalResponsePayload, endorsements },
  });
  return {
    actions: [
      { header: headers.signatureHeader, payload: encode(ChaincodeActionPayload, payload) },
    ],
  };
}

async function sealed(recipe: TransactionRecipe, payload: Payload): Promise<Uint8Array> {
  const bytes = (recipe.payloadBytes ?? same)(encode(Payload, payload));
  const signature = await recipe.creator.sign(bytes);
  return encode(Envelope, (recipe.envelope ?? same)({ payload: bytes, signature }));
}

/** One namespace of a read-write set. */
export interface SampleNamespace {
  readonly namespace: string;
  readonly kv?: Partially<KVRWSet>;
  readonly collections?: Readonly<Record<string, Partially<HashedRWSet>>>;
}

/** A marshalled `TxReadWriteSet`. */
export function sampleResults(...namespaces: readonly SampleNamespace[]): Uint8Array {
  const nsRwset = namespaces.map(({ namespace, kv, collections }) => ({
    namespace,
    rwset: encode(KVRWSet, create(KVRWSet, kv ?? {})),
    collectionHashedRwset: Object.entries(collections ?? {}).map(([collectionName, hashed]) => ({
      collectionName,
      hashedRwset: encode(HashedRWSet, create(HashedRWSet, hashed)),
      pvtRwsetHash: EMPTY_BYTES,
    })),
  }));
  return encode(TxReadWriteSet, { dataModel: 0, nsRwset });
}

/** Writes of keys in one namespace. */
export function writesOf(namespace: string, ...keys: readonly string[]): SampleNamespace {
  return {
    namespace,
    kv: { writes: keys.map((key) => ({ key, isDelete: false, value: utf8("value") })) },
  };
}
