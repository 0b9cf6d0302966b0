import { EMPTY_BYTES } from "../../kernel/bytes.ts";
import {
  BLOCK_METADATA,
  Block,
  Metadata,
  blockHeaderHash,
  tryDecode,
  type BlockHeader,
} from "../../wire/index.ts";

/** A block as a node has stored it. */
export interface ReadBlock {
  readonly header: BlockHeader;
  readonly data: readonly Uint8Array[];
  /** Validation codes, a byte each; empty at orderers. */
  readonly filter: Uint8Array;
  /** Empty at orderers, and where a peer has none. */
  readonly commitHash: Uint8Array;
}

/** Undefined for bytes that are no block. */
export function readBlock(bytes: Uint8Array): ReadBlock | undefined {
  const block = tryDecode(Block, bytes);
  if (block?.header === undefined) return undefined;
  const metadata = block.metadata?.metadata ?? [];
  const commitHash = tryDecode(Metadata, metadata[BLOCK_METADATA.commitHash] ?? EMPTY_BYTES);
  return {
    header: block.header,
    data: block.data?.data ?? [],
    filter: metadata[BLOCK_METADATA.transactionsFilter] ?? EMPTY_BYTES,
    commitHash: commitHash?.value ?? EMPTY_BYTES,
  };
}

/** Whether header and data are the same bytes. Metadata differs from node to node by design. */
export function isSameBlock(a: ReadBlock, b: ReadBlock): boolean {
  return (
    a.header.number === b.header.number &&
    isSame(a.header.previousHash, b.header.previousHash) &&
    isSame(a.header.dataHash, b.header.dataHash) &&
    a.data.length === b.data.length &&
    a.data.every((envelope, index) => isSame(envelope, b.data[index] ?? EMPTY_BYTES))
  );
}

// Envelopes are long, and every node's are compared: natively.
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The hash that the next block names. */
export function hashOf(block: ReadBlock): Uint8Array {
  return blockHeaderHash(block.header);
}
