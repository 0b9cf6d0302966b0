/** What a run left in the peers' ledgers. */
import { assert } from "../../kernel/assert.ts";
import { toHex } from "../../kernel/bytes.ts";
import { errorMessage } from "../../kernel/error.ts";
import {
  BLOCK_METADATA,
  blockHeaderHash,
  SeekInfo_SeekBehavior,
  TxValidationCode,
  type Block,
} from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";
import type { LedgerBlock, PeerLedger } from "./history.ts";
import type { ChaosSite, PeerClient } from "./site.ts";

type ReadTransactions = (
  block: Block,
) => readonly { readonly index: number; readonly txId: string }[];

const VALID: number = TxValidationCode.VALID;

/** All blocks of all peers, without what is in them. */
export async function readLedgers(site: ChaosSite): Promise<readonly PeerLedger[]> {
  // Commands that only ask for a status need not load a ledger.
  const { readTransactions } = await import("../../ledger/index.ts");
  const ledgers: PeerLedger[] = [];
  for (const peer of await site.clients()) {
    ledgers.push(await readLedger(site.channelId, peer, readTransactions));
  }
  site.disconnect();
  return ledgers;
}

async function readLedger(
  channelId: string,
  { peer, client }: PeerClient,
  readTransactions: ReadTransactions,
): Promise<PeerLedger> {
  const newest = await client
    .block(channelId, { type: { $case: "newest", value: {} } })
    .catch((error: unknown) => {
      throw new NetworkError("refused", `cannot read ${peer}: ${errorMessage(error)}`);
    });
  const last = newest?.header?.number ?? 0;
  const blocks: LedgerBlock[] = [];
  for await (const block of client.blocks({
    channelId,
    start: { type: { $case: "specified", value: { number: "0" } } },
    stop: { type: { $case: "specified", value: { number: String(last) } } },
    behavior: SeekInfo_SeekBehavior.FAIL_IF_NOT_READY,
  })) {
    blocks.push(ledgerBlock(block, readTransactions));
  }
  return { peer, blocks };
}

function ledgerBlock(block: Block, readTransactions: ReadTransactions): LedgerBlock {
  const { header, metadata } = block;
  assert(header !== undefined, "a peer's blocks have headers");
  const codes = metadata?.metadata[BLOCK_METADATA.transactionsFilter];
  const valid = readTransactions(block).filter(({ index }) => codes?.[index] === VALID);
  return {
    number: header.number,
    headerHash: toHex(blockHeaderHash(header)),
    commitHash: toHex(metadata?.metadata[BLOCK_METADATA.commitHash] ?? new Uint8Array(0)),
    valid: valid.map(({ txId }) => txId),
  };
}
