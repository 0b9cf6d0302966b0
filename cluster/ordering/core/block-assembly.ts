import { concatBytes, equalBytes } from "../../../src/kernel/bytes.ts";
import {
  BLOCK_METADATA,
  EtcdraftBlockMetadata,
  LastConfig,
  Metadata,
  OrdererBlockMetadata,
  blockDataHash,
  blockHeaderDer,
  blockHeaderHash,
  create,
  emptyBlockMetadata,
  encode,
  tryDecode,
  type Block,
  type BlockHeader,
} from "../../../src/wire/index.ts";

/** The newest block of a chain: what the next one must follow. */
export interface ChainTip {
  readonly number: number;
  /** Of its header; 32 bytes. */
  readonly hash: Uint8Array;
}

/** A block with its header, data and metadata present. */
export interface WholeBlock extends Block {
  readonly header: BlockHeader;
  readonly data: NonNullable<Block["data"]>;
}

/** The block after `tip` with these marshalled envelopes, at least one; its five metadata slots are empty. */
export function nextBlock(tip: ChainTip, envelopes: readonly Uint8Array[]): WholeBlock {
  const data = [...envelopes];
  return {
    header: { number: tip.number + 1, previousHash: tip.hash, dataHash: blockDataHash(data) },
    data: { data },
    metadata: emptyBlockMetadata(),
  };
}

export function tipOf(header: BlockHeader): ChainTip {
  return { number: header.number, hash: blockHeaderHash(header) };
}

/** Why `block` cannot follow `tip`, or `undefined` when it can. Decided by the two alone, so alike at every replica. */
export function misfit(tip: ChainTip, block: Block): string | undefined {
  const { header, data } = block;
  if (header === undefined || data === undefined || data.data.length === 0)
    return "it is incomplete";
  if (header.number !== tip.number + 1) return `it is block ${header.number}`;
  if (!equalBytes(header.previousHash, tip.hash)) return "its previous hash is another";
  return equalBytes(header.dataHash, blockDataHash(data.data))
    ? undefined
    : "its data hash is wrong";
}

/** What an orderer says of a block in the slot that it signs. */
export interface OrdererRecord {
  /** Number of the newest configuration block, this one included. */
  readonly lastConfig: number;
  /** Raft ids, in the order of the consenters. */
  readonly consenterIds: readonly number[];
  readonly nextConsenterId: number;
  /** The log entry that held the block. */
  readonly raftIndex: number;
}

/** The value of the SIGNATURES slot. Fabric: the Raft record is wrapped once more than the name suggests. */
export function ordererValue(record: OrdererRecord): Uint8Array {
  const { consenterIds, nextConsenterId, raftIndex } = record;
  const raft = { consenterIds: [...consenterIds], nextConsenterId, raftIndex };
  const value = encode(EtcdraftBlockMetadata, raft);
  return encode(OrdererBlockMetadata, {
    lastConfig: { index: record.lastConfig },
    consenterMetadata: encode(Metadata, { value, signatures: [] }),
  });
}

/** The bytes an orderer signs: value ‖ signature header ‖ DER form of the block's header. */
export function signedBytes(
  value: Uint8Array,
  signatureHeader: Uint8Array,
  header: BlockHeader,
): Uint8Array {
  return concatBytes(value, signatureHeader, blockHeaderDer(header));
}

/** `block` with an orderer's signature in its SIGNATURES slot and `lastConfig` in the older slot of that name. */
export function sealedBlock(
  block: WholeBlock,
  lastConfig: number,
  value: Uint8Array,
  signatures: readonly { readonly signatureHeader: Uint8Array; readonly signature: Uint8Array }[],
): WholeBlock {
  const { metadata } = emptyBlockMetadata();
  metadata[BLOCK_METADATA.signatures] = encode(
    Metadata,
    create(Metadata, { value, signatures: [...signatures] }),
  );
  const index = encode(LastConfig, { index: lastConfig });
  metadata[BLOCK_METADATA.lastConfig] = encode(Metadata, { value: index, signatures: [] });
  return { header: block.header, data: block.data, metadata: { metadata } };
}

/** What the orderer that wrote `block` recorded; `undefined` in a genesis block and for malformed metadata. */
export function recordOf(block: Block): OrdererRecord | undefined {
  const slot = block.metadata?.metadata[BLOCK_METADATA.signatures];
  const outer = slot && tryDecode(Metadata, slot);
  const orderer = outer && tryDecode(OrdererBlockMetadata, outer.value);
  const wrapped = orderer && tryDecode(Metadata, orderer.consenterMetadata);
  const raft = wrapped && tryDecode(EtcdraftBlockMetadata, wrapped.value);
  if (raft === undefined || raft.raftIndex === 0) return undefined;
  return { lastConfig: orderer?.lastConfig?.index ?? 0, ...raft };
}
