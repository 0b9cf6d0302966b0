import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/kernel/ports/clock.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { Ledger } from "../../../src/ledger/index.ts";
import { ChannelRegistrar } from "../../../src/node/channel-registrar.ts";
import {
  blockDataHash,
  blockHeaderHash,
  emptyBlockMetadata,
  type Block,
} from "../../../src/wire/index.ts";
import { FaultPlan } from "../../../src/sim/ports/fault-plan.ts";
import { MemoryKvDisk, MemoryKvStore } from "../../../src/sim/ports/memory-kv-store.ts";
import { SeededRandom } from "../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

const stoppedClock: Clock = { monotonicMs: () => 0, wallMs: () => 0 };

interface OpenedChannel {
  readonly channelId: string;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** One peer's disk, on which a registrar of real ledgers can be opened again and again. */
class PeerDisk {
  readonly faults: FaultPlan = new FaultPlan();
  readonly files: SimulatedFiles;
  readonly #random: SeededRandom;
  readonly #kvDisk = new MemoryKvDisk();
  #state: MemoryKvStore;

  constructor(seed = 1) {
    this.#random = new SeededRandom(seed);
    this.files = new SimulatedFiles({ random: this.#random, faults: this.faults });
    this.#state = this.#openState();
  }

  open(): Promise<ChannelRegistrar<OpenedChannel>> {
    const deps = { files: this.files, state: this.#state, logger: silentLogger };
    return ChannelRegistrar.open<OpenedChannel>(
      {
        ...deps,
        openChannel: async (channelId, directory, genesisBlock) => {
          const ledger = await Ledger.open(
            {
              ...deps,
              directory,
              clock: stoppedClock,
              timers: new SimulatedTime(),
              meter: silentMeter,
            },
            channelId,
          );
          if (ledger.height === 0 && genesisBlock !== undefined) {
            await ledger.commitGenesis(genesisBlock);
          }
          if (ledger.height > 0) return { channelId, ledger, close: () => ledger.close() };
          await ledger.close();
          return undefined;
        },
      },
      { directory: "/peer/channels" },
    );
  }

  powerLoss(): void {
    this.files.powerLoss();
    this.#state = this.#openState();
  }

  #openState(): MemoryKvStore {
    return new MemoryKvStore({ disk: this.#kvDisk, faults: this.faults, random: this.#random });
  }
}

function genesisOf(text: string, number = 0): Block {
  const data = [new TextEncoder().encode(text)];
  return {
    header: { number, previousHash: new Uint8Array(0), dataHash: blockDataHash(data) },
    data: { data },
    metadata: emptyBlockMetadata(),
  };
}

describe("joining", () => {
  test("a peer begins with no channel and joins many while it runs", async () => {
    const registrar = await new PeerDisk().open();
    const told: string[] = [];
    registrar.subscribe(({ channelId }) => told.push(channelId));
    expect(registrar.channelIds()).toEqual([]);
    const ids = Array.from({ length: 30 }, (_, index) => `ch${index}`);
    const answers = await Promise.all(ids.map((id) => registrar.join(id, genesisOf(id))));
    expect(answers).toEqual(ids.map(() => ({ ok: true })));
    expect(told).toEqual(ids);
    expect(registrar.channel("ch7")?.ledger.height).toBe(1);
  });

  test("the same channel is joined once, however often and however fast it is asked", async () => {
    const registrar = await new PeerDisk().open();
    const answers = await Promise.all([1, 2, 3].map(() => registrar.join("a", genesisOf("a"))));
    const taken = {
      ok: false,
      reason:
        "cannot create ledger from genesis block: ledger [a] already exists with state [ACTIVE]",
    };
    expect(answers).toEqual([{ ok: true }, taken, taken]);
  });

  test("a later block is refused and leaves nothing behind", async () => {
    const disk = new PeerDisk();
    const registrar = await disk.open();
    expect(await registrar.join("a", genesisOf("a", 5))).toEqual({
      ok: false,
      reason: "cannot create ledger from genesis block: block number should have been 0 but was 5",
    });
    expect(await disk.files.list("/peer/channels")).toEqual([]);
    expect(await registrar.join("a", genesisOf("a"))).toEqual({ ok: true });
  });

  test("a disk that fails is an answer, and the next attempt may succeed", async () => {
    const disk = new PeerDisk();
    const registrar = await disk.open();
    disk.faults.fail("create", 1, "ENOSPC");
    expect(await registrar.join("a", genesisOf("a"))).toMatchObject({ ok: false });
    expect(registrar.channelIds()).toEqual([]);
    expect(await registrar.join("a", genesisOf("a"))).toEqual({ ok: true });
  });

  test("nothing is joined once it is closed", async () => {
    const registrar = await new PeerDisk().open();
    await registrar.close();
    expect(await registrar.join("a", genesisOf("a"))).toMatchObject({
      ok: false,
      reason: "cannot create ledger from genesis block: the peer is stopping",
    });
  });
});

describe("opening again", () => {
  test("brings back every channel", async () => {
    const disk = new PeerDisk();
    const first = await disk.open();
    for (const id of ["b", "a.b", "c-1"]) await first.join(id, genesisOf(id));
    await first.close();
    const second = await disk.open();
    expect(second.channelIds()).toEqual(["a.b", "b", "c-1"]);
    expect(second.channel("b")?.ledger.lastBlockHash).toEqual(
      blockHeaderHash(genesisOf("b").header!),
    );
  });

  test("after a crash at any step has whole channels only, none missing that was answered", async () => {
    const join = async (disk: PeerDisk, joined: string[]): Promise<void> => {
      const registrar = await disk.open();
      for (const id of ["a", "b"]) {
        const answer = await registrar.join(id, genesisOf(id));
        if (answer.ok) joined.push(id);
        if (disk.faults.isCrashed) throw new Error("the machine is dark");
      }
    };
    const calm = new PeerDisk();
    await join(calm, []);
    expect(calm.faults.stepCount).toBeGreaterThan(8);
    for (let step = 1; step <= calm.faults.stepCount; step += 1) {
      for (let seed = 1; seed <= 8; seed += 1) {
        const disk = new PeerDisk(seed * 1_000 + step);
        const joined: string[] = [];
        disk.faults.crashAfter(step);
        await expect(join(disk, joined)).rejects.toThrow();
        disk.powerLoss();
        const registrar = await disk.open();
        for (const id of joined) expect(registrar.channelIds()).toContain(id);
        for (const id of ["a", "b"]) {
          const known = registrar.channel(id);
          if (known !== undefined) expect(known.ledger.height).toBe(1);
          else expect(await registrar.join(id, genesisOf(id))).toEqual({ ok: true });
        }
        await registrar.close();
      }
    }
  });

  test("a channel whose blocks were lost is not taken for one that was never joined", async () => {
    const disk = new PeerDisk();
    const first = await disk.open();
    await first.join("a", genesisOf("a"));
    await first.close();
    await disk.files.remove("/peer/channels/a/blocks-000000.heddle");
    await expect(disk.open()).rejects.toThrow("do not belong together");
  });
});
