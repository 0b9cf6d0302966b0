import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import {
  Block,
  ChaincodeAction,
  ChaincodeActionPayload,
  ChannelHeader,
  Envelope,
  HeaderType,
  Payload,
  ProposalResponsePayload,
  Transaction,
  blockDataHash,
  blockHeaderHash,
  create,
  encode,
} from "../../../src/wire/index.ts";

export interface BuiltTransaction {
  readonly txId: string;
  /** Marshalled `TxReadWriteSet`. */
  readonly results: Uint8Array;
  /** Marshalled `ChaincodeEvent`. */
  readonly events?: Uint8Array;
}

/** An endorser transaction as it lies in a block; its signatures are left out. */
export function endorserEnvelope(transaction: BuiltTransaction): Uint8Array {
  const action = encode(
    ChaincodeAction,
    create(ChaincodeAction, {
      results: transaction.results,
      events: transaction.events ?? EMPTY_BYTES,
      chaincodeId: { name: "cc", version: "1.0" },
    }),
  );
  const response = create(ProposalResponsePayload, { extension: action });
  const payload = create(ChaincodeActionPayload, {
    action: { proposalResponsePayload: encode(ProposalResponsePayload, response) },
  });
  const data = create(Transaction, {
    actions: [{ payload: encode(ChaincodeActionPayload, payload) }],
  });
  return envelope(HeaderType.ENDORSER_TRANSACTION, transaction.txId, encode(Transaction, data));
}

export function configEnvelope(txId: string, config: Uint8Array): Uint8Array {
  return envelope(HeaderType.CONFIG, txId, config);
}

export function envelope(type: number, txId: string, data: Uint8Array): Uint8Array {
  const channelHeader = create(ChannelHeader, { type, txId, channelId: "ch" });
  const payload = create(Payload, {
    header: { channelHeader: encode(ChannelHeader, channelHeader) },
    data,
  });
  return encode(
    Envelope,
    create(Envelope, { payload: encode(Payload, payload), signature: utf8("signature") }),
  );
}

/** The block that follows `previous`, as an orderer hands it out: four metadata entries. */
export function nextBlock(previous: Block | undefined, data: readonly Uint8Array[]): Block {
  const number = previous === undefined ? 0 : previous.header!.number + 1;
  return create(Block, {
    header: {
      number,
      previousHash: previous === undefined ? EMPTY_BYTES : blockHeaderHash(previous.header!),
      dataHash: blockDataHash(data),
    },
    data: { data: [...data] },
    metadata: { metadata: [EMPTY_BYTES, EMPTY_BYTES, EMPTY_BYTES, EMPTY_BYTES] },
  });
}

/** A chain of `count` blocks, each with one envelope of `bytes` bytes. */
export function chain(count: number, bytes = 100): readonly Block[] {
  const blocks: Block[] = [];
  for (let number = 0; number < count; number += 1) {
    blocks.push(nextBlock(blocks.at(-1), [new Uint8Array(bytes).fill(number % 251)]));
  }
  return blocks;
}
