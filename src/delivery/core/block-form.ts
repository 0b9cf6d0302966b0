import { equalBytes, toHex } from "../../kernel/bytes.ts";
import { type TransactionLayers, layersOf } from "../../ledger/index.ts";
import {
  HeaderType,
  blockDataHash,
  isCanonicalForm,
  type Block,
  type BlockHeader,
  type BlockMetadata,
} from "../../wire/index.ts";

const METADATA_ENTRIES_MIN = 5;

/** Where in the chain a block must fit. */
export interface ExpectedBlock {
  readonly number: number;
  /** Header hash of the block before; empty for block 0. */
  readonly previousHash: Uint8Array;
}

/** A block whose number, links, form and data hash are right. */
export interface FormedBlock {
  readonly header: BlockHeader;
  readonly data: readonly Uint8Array[];
  readonly metadata: BlockMetadata;
}

/** The answer of `checkBlockForm`. */
export type BlockFormAnswer =
  | { readonly ok: true; readonly formed: FormedBlock }
  | { readonly ok: false; readonly reason: string };

/** Everything about a received block that needs neither keys nor configuration, in Fabric's order. */
export function checkBlockForm(
  block: Block,
  expected: ExpectedBlock,
  layers: readonly TransactionLayers[] = layersOf(block),
): BlockFormAnswer {
  const { header, data, metadata } = block;
  if (header === undefined) return refused("it has no header");
  if (header.number !== expected.number) {
    return refused(`it has number ${header.number}, expected ${expected.number}`);
  }
  if (!equalBytes(header.previousHash, expected.previousHash)) {
    return refused(
      `its previous hash is ${toHex(header.previousHash)}, expected ${toHex(expected.previousHash)}`,
    );
  }
  if (metadata === undefined || metadata.metadata.length < METADATA_ENTRIES_MIN) {
    const count = metadata?.metadata.length ?? 0;
    return refused(`it has ${count} metadata entries, expected at least ${METADATA_ENTRIES_MIN}`);
  }
  if (data === undefined || data.data.length === 0) return refused("it has no transactions");
  const malformed = malformedTransaction(layers);
  if (malformed !== undefined) return refused(`transaction ${malformed} is not well-formed`);
  if (!equalBytes(blockDataHash(data.data), header.dataHash)) {
    return refused("its data hash does not match its data");
  }
  return { ok: true, formed: { header, data: data.data, metadata } };
}

// A lone configuration transaction may lack a signature: the genesis block's does.
function malformedTransaction(transactions: readonly TransactionLayers[]): number | undefined {
  const [first] = transactions;
  if (transactions.length === 1 && first?.channelHeader?.type === HeaderType.CONFIG) {
    return undefined;
  }
  const index = transactions.findIndex(
    ({ bytes, envelope }) => envelope === undefined || !isCanonicalForm(bytes, envelope),
  );
  return index < 0 ? undefined : index;
}

function refused(reason: string): BlockFormAnswer {
  return { ok: false, reason };
}
