/**
 * What the ledger costs without signatures: blocks of 500 transactions that each read one key and write one.
 * Bound: two flushes a block (block file, state), and per transaction one read, one index look-up, two writes.
 * Prints one JSON line.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "../../src/kernel/adapters/node-files.ts";
import { systemClock } from "../../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../../src/kernel/adapters/system-timers.ts";
import { utf8 } from "../../src/kernel/bytes.ts";
import { crc32c } from "../../src/kernel/crc32c.ts";
import { silentLogger } from "../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../src/kernel/ports/meter.ts";
import { LmdbKvStore } from "../../src/ledger/adapters/lmdb-kv-store.ts";
import { Ledger } from "../../src/ledger/index.ts";
import { nextBlock } from "../unit/ledger/block-builder.ts";
import { allValid, genesis, simulated } from "../unit/ledger/ledger-world.ts";

const BLOCKS = 40;
const TRANSACTIONS = 500;
const GETS = 100_000;

const round = (value: number): number => Math.round(value * 10) / 10;

async function measure(): Promise<Readonly<Record<string, number>>> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-bench-"));
  const state = LmdbKvStore.open(join(directory, "state"));
  const ledger = await Ledger.open(
    {
      files: nodeFiles,
      directory: join(directory, "blocks"),
      state,
      clock: systemClock,
      timers: systemTimers,
      logger: silentLogger,
      meter: silentMeter,
    },
    "ch",
  );
  await ledger.commitGenesis(genesis());
  let commitMs = 0;
  let commitCpuMs = 0;
  let simulateMs = 0;
  for (let block = 0; block < BLOCKS; block += 1) {
    const simulatedAt = performance.now();
    const data = Array.from({ length: TRANSACTIONS }, (_, index) => {
      const run = simulated(ledger, `tx-${block}-${index}`.padEnd(64, "0"), (s) => {
        s.getState("cc", `key-${index}`);
        s.putState("cc", `key-${index}`, utf8(`value-${block}`.padEnd(100, "x")));
      });
      return run.envelope;
    });
    simulateMs += performance.now() - simulatedAt;
    const next = nextBlock(await ledger.read(ledger.height - 1), data);
    const committedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    await ledger.commit(next, allValid(next));
    commitMs += performance.now() - committedAt;
    const cpu = process.cpuUsage(cpuBefore);
    commitCpuMs += (cpu.user + cpu.system) / 1_000;
  }
  const reader = ledger.query();
  const readAt = performance.now();
  for (let index = 0; index < GETS; index += 1)
    reader.getState("cc", `key-${index % TRANSACTIONS}`);
  const getMs = performance.now() - readAt;
  reader.close();
  await ledger.close();
  await state.close();
  await rm(directory, { recursive: true });
  const bytes = new Uint8Array(64 * 1024 * 1024);
  const checkedAt = performance.now();
  crc32c(bytes);
  const crcMs = performance.now() - checkedAt;
  return {
    blocksPerSecond: round((BLOCKS / commitMs) * 1_000),
    transactionsPerSecond: Math.round(((BLOCKS * TRANSACTIONS) / commitMs) * 1_000),
    cpuMsPerBlock: round(commitCpuMs / BLOCKS),
    commitMsPerBlock: round(commitMs / BLOCKS),
    simulationsPerSecond: Math.round(((BLOCKS * TRANSACTIONS) / simulateMs) * 1_000),
    getsPerSecond: Math.round((GETS / getMs) * 1_000),
    crcMebibytesPerSecond: Math.round((64 / crcMs) * 1_000),
  };
}

process.stdout.write(`${JSON.stringify({ bench: "ledger", ...(await measure()) })}\n`);
