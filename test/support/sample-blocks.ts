/** Blocks as orderers make and sign them. */
import { ordererValue } from "../../cluster/ordering/core/block-assembly.ts";
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
import type { SampleChannel } from "./sample-channel.ts";
import { sampleTransaction } from "./sample-transactions.ts";

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

/**
 * The block with the signature of one orderer; `lastConfig` is the number of the newest config block. Without
 * `consenterIds`, the raft ids of the members after it, it says nothing of them.
 */
export async function signedBlock(
  block: Block,
  signer: Signer,
  lastConfig = 0,
  consenterIds?: readonly number[],
): Promise<Block> {
  const raftIndex = block.header!.number;
  const value =
    consenterIds === undefined
      ? encode(OrdererBlockMetadata, {
          lastConfig: { index: lastConfig },
          consenterMetadata: EMPTY_BYTES,
        })
      : ordererValue({ lastConfig, consenterIds, nextConsenterId: 99, raftIndex });
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

/**
 * The genesis block and `count` signed blocks after it, each with what `envelopesOf` answers for its number: by default one
 * transaction that nobody endorsed.
 */
export async function sampleChain(
  sample: SampleChannel,
  count: number,
  envelopesOf: (number: number) => Promise<readonly Uint8Array[]> = async (number) => [
    await sampleTransaction({
      creator: sample.org1.client,
      endorsers: [],
      nonce: String(number),
    }),
  ],
): Promise<readonly Block[]> {
  const blocks = [sample.genesis];
  for (let number = 1; number <= count; number += 1) {
    const block = blockAfter(blocks.at(-1)!, await envelopesOf(number));
    blocks.push(await signedBlock(block, sample.ordererOrg.orderer));
  }
  return blocks;
}
