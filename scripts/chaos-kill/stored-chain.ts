/** An orderer's chain as its files have it. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "../../src/kernel/adapters/node-files.ts";
import { systemTimers } from "../../src/kernel/adapters/system-timers.ts";
import { equalBytes, toHex } from "../../src/kernel/bytes.ts";
import { silentLogger } from "../../src/kernel/ports/logger.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import {
  BlockData,
  blockDataHash,
  blockHeaderHash,
  encode,
  openEnvelope,
  type Block,
} from "../../src/wire/index.ts";
import type { AuditedBlock } from "./audit.ts";

const disk = { files: nodeFiles, timers: systemTimers, logger: silentLogger };

/**
 * Reads a copy of the block files in `directory`, which nobody writes to meanwhile: opening a store mends what a crash tore,
 * and that is for the orderer to do.
 */
export async function readStoredChain(directory: string): Promise<readonly AuditedBlock[]> {
  const copy = await mkdtemp(join(tmpdir(), "heddle-audit-"));
  try {
    await cp(directory, copy, { recursive: true });
    const options = { ...disk, directory: copy };
    const store = await BlockStore.open(options);
    try {
      const blocks: AuditedBlock[] = [];
      for (let number = 0; number < store.height; number += 1) {
        const block = await store.read(number);
        if (block === undefined) throw new Error(`block ${number} of ${directory} is missing`);
        blocks.push(auditedBlock(block));
      }
      return blocks;
    } finally {
      await store.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** What an audit compares of a block. */
export function auditedBlock({ header, data }: Block): AuditedBlock {
  if (header === undefined || data === undefined) throw new Error("a stored block is whole");
  const hash = blockHeaderHash(header);
  return {
    number: header.number,
    hash: toHex(hash),
    previousHash: toHex(header.previousHash),
    contentHash: createHash("sha256").update(hash).update(encode(BlockData, data)).digest("hex"),
    isDataIntact: equalBytes(blockDataHash(data.data), header.dataHash),
    // The configuration is no transaction of a client's, and has no id of its own.
    transactionIds: data.data.map(transactionIdOf).filter((id) => id !== ""),
  };
}

function transactionIdOf(envelope: Uint8Array): string {
  const reading = openEnvelope(envelope);
  return reading.kind === "opened" ? reading.opened.channelHeader.txId : "";
}
