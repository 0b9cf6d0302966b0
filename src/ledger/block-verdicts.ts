import { EMPTY_BYTES } from "../kernel/bytes.ts";
import {
  BLOCK_METADATA,
  type Block,
  Metadata,
  type TxValidationCode,
  emptyBlockMetadata,
  encode,
  tryDecode,
} from "../wire/index.ts";
import type { CommittedTransaction } from "./commit-plan.ts";

/** The transactions' verdicts, one byte each. */
export function filterOf(transactions: readonly CommittedTransaction[]): Uint8Array {
  return Uint8Array.from(transactions, ({ code }) => code);
}

function codesOf(
  filter: Uint8Array | undefined,
  transactionCount: number,
): readonly TxValidationCode[] | undefined {
  if (filter?.length !== transactionCount) return undefined;
  // The bytes were verdicts when the block was committed.
  return [...filter] as TxValidationCode[];
}

/** The block with verdicts and commit hash. What was received is not changed. */
export function withVerdicts(block: Block, filter: Uint8Array, hash: Uint8Array): Block {
  const metadata = [...(block.metadata?.metadata ?? [])];
  while (metadata.length < emptyBlockMetadata().metadata.length) metadata.push(EMPTY_BYTES);
  metadata[BLOCK_METADATA.transactionsFilter] = filter;
  if (hash.length > 0) {
    metadata[BLOCK_METADATA.commitHash] = encode(Metadata, { value: hash, signatures: [] });
  }
  return { ...block, metadata: { metadata } };
}

/** What a committed block carries: a verdict for each transaction and the commit hash, empty where it has none. */
export interface CarriedVerdicts {
  readonly codes: readonly TxValidationCode[];
  readonly commitHash: Uint8Array;
}

/** The verdicts of a committed block, or undefined where they do not fit its transactions. */
export function verdictsOf(block: Block): CarriedVerdicts | undefined {
  const { metadata } = block.metadata ?? emptyBlockMetadata();
  const count = block.data?.data.length ?? 0;
  const codes = codesOf(metadata[BLOCK_METADATA.transactionsFilter], count);
  if (codes === undefined) return undefined;
  const carried = tryDecode(Metadata, metadata[BLOCK_METADATA.commitHash] ?? EMPTY_BYTES);
  return { codes, commitHash: carried?.value ?? EMPTY_BYTES };
}
