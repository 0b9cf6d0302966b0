import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { LmdbKvStore } from "../../../src/ledger/adapters/lmdb-kv-store.ts";
import { Ledger } from "../../../src/ledger/index.ts";
import { nextBlock } from "../../unit/ledger/block-builder.ts";
import { allValid, genesis, simulated } from "../../unit/ledger/ledger-world.ts";

let directory: string;
let state: LmdbKvStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heddle-ledger-"));
  state = LmdbKvStore.open(join(directory, "state"));
});

afterEach(async () => {
  await state.close();
  await rm(directory, { recursive: true });
});

function open(channelId: string): Promise<Ledger> {
  const deps = {
    files: nodeFiles,
    directory: join(directory, "blocks", channelId),
    state,
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    meter: silentMeter,
  };
  return Ledger.open(deps, channelId);
}

test("channels share one environment on a real disk and are there after a restart", async () => {
  const ledgers = [await open("ch"), await open("ch2")];
  for (const [index, ledger] of ledgers.entries()) {
    await ledger.commitGenesis(genesis());
    for (let round = 1; round <= 5; round += 1) {
      const { envelope } = simulated(ledger, `t${round}`, (s) => {
        const before = s.getState("cc", "k");
        const count = before === undefined ? 0 : Number(utf8Decode(before));
        s.putState("cc", "k", utf8(String(count + index + 1)));
        s.putState("cc", "long".repeat(1_000) + String(round), utf8("v"));
      });
      const block = nextBlock(await ledger.read(ledger.height - 1), [envelope]);
      await ledger.commit(block, allValid(block));
    }
    await ledger.close();
  }
  await state.close();
  state = LmdbKvStore.open(join(directory, "state"));
  for (const [index, channelId] of ["ch", "ch2"].entries()) {
    const ledger = await open(channelId);
    expect(ledger.height).toBe(6);
    expect(ledger.commitHash).toEqual(ledgers[index]!.commitHash);
    const reader = ledger.query();
    expect(utf8Decode(reader.getState("cc", "k")!)).toBe(String(5 * (index + 1)));
    const longKeys = reader
      .range("cc", "long", "m")
      .nextBatch(100)
      .rows.map(({ key }) => key);
    expect(longKeys).toEqual([1, 2, 3, 4, 5].map((round) => "long".repeat(1_000) + String(round)));
    reader.close();
    expect(ledger.transaction("t5")).toEqual({ blockNumber: 5, txIndex: 0, code: 0 });
    await ledger.close();
  }
});
