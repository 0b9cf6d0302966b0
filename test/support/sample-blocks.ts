/** Blocks as orderers make and sign them. */
import { concatBytes, EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import {
  BLOCK_METADATA,
  Metadata,
  OrdererBlockMetadata,
  SignatureHeader,
  blockDataHash,
  blockHeaderDer,
  blockHeaderHash,
  emptyBlockMetadata,
  encode,
  type Block,
} from "../../src/wire/index.ts";

/** The block after `previous` with these envelopes, unsigned. */
export function blockAfter(previous: Block, data: readonly Uint8Array[]): Block {
  const { header } = previous;
  return {
    header: {
      number: header!.number + 1,
      previousHash: blockHeaderHash(header!),
      dataHash: blockDataHash(data),
    },
    data: { data: [...data] },
    metadata: emptyBlockMetadata(),
  };
}

/** The block with the signature of one orderer; `lastConfig` is the number of the newest config block. */
export async function signedBlock(block: Block, signer: Signer, lastConfig = 0): Promise<Block> {
  const value = encode(OrdererBlockMetadata, {
    lastConfig: { index: lastConfig },
    consenterMetadata: EMPTY_BYTES,
  });
  const signatureHeader = encode(SignatureHeader, {
    creator: signer.identity,
    nonce: new Uint8Array(24).fill(2),
  });
  const signature = await signer.sign(
    concatBytes(value, signatureHeader, blockHeaderDer(block.header!)),
  );
  const metadata = [...emptyBlockMetadata().metadata];
  metadata[BLOCK_METADATA.signatures] = encode(Metadata, {
    value,
    signatures: [{ signatureHeader, signature, identifierHeader: EMPTY_BYTES }],
  });
  return { ...block, metadata: { metadata } };
}
