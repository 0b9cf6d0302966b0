import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import type { Ledger, LatePrivateSet, TxSimulator } from "../../../src/ledger/index.ts";
import { TxPvtReadWriteSet, decode, type Block } from "../../../src/wire/index.ts";
import { nextBlock } from "./block-builder.ts";
import { LedgerWorld, allValid, genesis, simulated } from "./ledger-world.ts";

const PLACE = { namespace: "cc", collection: "secrets" };

/** A ledger that has everything, and one that gets the blocks only. */
async function pair(): Promise<{
  readonly full: Ledger;
  readonly lacking: Ledger;
  readonly commit: (run: (simulator: TxSimulator) => void) => Promise<LatePrivateSet>;
}> {
  const worlds = [new LedgerWorld(1), new LedgerWorld(2)] as const;
  const [full, lacking] = [await worlds[0].open(), await worlds[1].open()];
  for (const ledger of [full, lacking]) await ledger.commitGenesis(genesis());
  let count = 0;
  const commit = async (run: (simulator: TxSimulator) => void): Promise<LatePrivateSet> => {
    const txId = `t${(count += 1)}`;
    const { envelope, privateBytes } = simulated(full, txId, run);
    await worlds[0].transient.persist(txId, full.height, privateBytes!);
    const block = nextBlock(await full.read(full.height - 1), [envelope]);
    for (const ledger of [full, lacking]) await ledger.commit(block, allValid(block));
    const [set] = decode(TxPvtReadWriteSet, privateBytes!).nsPvtRwset;
    const bytes = set!.collectionPvtRwset[0]!.rwset;
    return { ...PLACE, blockNumber: count, txNumber: 0, bytes };
  };
  return { full, lacking, commit };
}

const put =
  (key: string, value: string) =>
  (s: TxSimulator): void => {
    s.putPrivateData("cc", "secrets", key, utf8(value));
  };

function valuesOf(ledger: Ledger): readonly (readonly [string, string])[] {
  const reader = ledger.query();
  const values = ["a", "b", "c"].map((key) => {
    try {
      return [key, String(reader.getPrivateData("cc", "secrets", key))] as const;
    } catch (error) {
      return [key, (error as Error).message] as const;
    }
  });
  reader.close();
  return values;
}

describe("a private set that comes after its block", () => {
  test("makes its values readable and is missing no longer", async () => {
    const { full, lacking, commit } = await pair();
    const set = await commit(put("a", "1"));
    expect(lacking.missingPrivateSets(10)).toEqual([{ ...PLACE, blockNumber: 1, txNumber: 0 }]);
    expect(await lacking.reconcile([set])).toBe(1);
    expect(valuesOf(lacking)).toEqual(valuesOf(full));
    expect(lacking.missingPrivateSets(10)).toEqual([]);
    expect(lacking.privateSet(1, 0, PLACE)).toEqual(set.bytes);
  });

  test("is passed over when it is not what the block announces, or not missing", async () => {
    const { lacking, commit } = await pair();
    const set = await commit(put("a", "1"));
    const other = await commit(put("a", "2"));
    expect(await lacking.reconcile([{ ...set, bytes: other.bytes }])).toBe(0);
    expect(await lacking.reconcile([{ ...set, collection: "elsewhere" }])).toBe(0);
    expect(await lacking.reconcile([{ ...set, blockNumber: 9 }])).toBe(0);
    expect(lacking.missingPrivateSets(10)).toHaveLength(2);
    expect(await lacking.reconcile([set, set])).toBe(1);
    expect(await lacking.reconcile([set])).toBe(0);
  });

  test("does not bring back what has been overwritten or deleted since", async () => {
    const { full, lacking, commit } = await pair();
    const first = await commit(put("a", "old"));
    const second = await commit(put("a", "new"));
    await lacking.reconcile([second]);
    await lacking.reconcile([first]);
    expect(valuesOf(lacking)).toEqual(valuesOf(full));
    const gone = await commit((s) => {
      s.deletePrivateData("cc", "secrets", "a");
    });
    await lacking.reconcile([gone]);
    expect(valuesOf(lacking)).toEqual(valuesOf(full));
  });

  test("lists what is missing from the newest on, in parts", async () => {
    const { lacking, commit } = await pair();
    for (const value of ["1", "2", "3"]) await commit(put("a", value));
    const first = lacking.missingPrivateSets(2);
    expect(first.map(({ blockNumber }) => blockNumber)).toEqual([3, 2]);
    const rest = lacking.missingPrivateSets(2, first[1]);
    expect(rest.map(({ blockNumber }) => blockNumber)).toEqual([1]);
  });

  const step = fc.record({
    key: fc.constantFrom("a", "b", "c"),
    act: fc.constantFrom("1", "2", "delete", "metadata"),
    isLateAtOnce: fc.boolean(),
  });

  property.prop([fc.array(step, { minLength: 1, maxLength: 12 }), fc.integer()], { numRuns: 60 })(
    "leaves the values of a peer that had all in time, whatever the order",
    async (steps, seed) => {
      const { full, lacking, commit } = await pair();
      const waiting: LatePrivateSet[] = [];
      for (const { key, act, isLateAtOnce } of steps) {
        const set = await commit((s) => {
          if (act === "delete") s.deletePrivateData("cc", "secrets", key);
          else if (act === "metadata") {
            s.putPrivateDataMetadata("cc", "secrets", key, new Map([["m", utf8("1")]]));
          } else put(key, act)(s);
        });
        if (isLateAtOnce) await lacking.reconcile([set]);
        else waiting.push(set);
      }
      const random = new SeededRandom(seed);
      while (waiting.length > 0) {
        await lacking.reconcile(waiting.splice(random.below(waiting.length), 1));
      }
      expect(valuesOf(lacking)).toEqual(valuesOf(full));
      expect(lacking.missingPrivateSets(1)).toEqual([]);
    },
  );
});

function isOurs(_state: unknown, _namespace: string, name: string): boolean {
  return name === "ours";
}

/** Block 1, whose transaction this peer has endorsed: it writes to a collection that is kept here, and to one that is not. */
async function endorsedForBoth(world: LedgerWorld, ledger: Ledger): Promise<Block> {
  const { envelope, privateBytes } = simulated(ledger, "t", (s) => {
    s.putPrivateData("cc", "ours", "k", utf8("1"));
    s.putPrivateData("cc", "theirs", "k", utf8("2"));
  });
  await world.transient.persist("t", 1, privateBytes!);
  return nextBlock(await ledger.read(0), [envelope]);
}

test("private values of a collection that is not kept here are dropped at the commit", async () => {
  const world = new LedgerWorld();
  const ledger = await world.open({ keepsCollection: isOurs });
  await ledger.commitGenesis(genesis());
  const block = await endorsedForBoth(world, ledger);
  expect(ledger.absentPrivateSets(block, allValid(block))).toEqual([]);
  await ledger.commit(block, allValid(block));
  expect(ledger.privateSet(1, 0, { namespace: "cc", collection: "ours" })).toBeDefined();
  expect(ledger.privateSet(1, 0, { namespace: "cc", collection: "theirs" })).toBeUndefined();
  expect(ledger.isPrivateSetMissing(1, 0, { namespace: "cc", collection: "theirs" })).toBe(true);
  expect(world.transient.read("t")).toEqual([]);
});

test("private values of a collection that is not kept here are dropped by a start that applies a block after a crash", async () => {
  let appliedCount = 0;
  for (let step = 1; step <= 12; step += 1) {
    const world = new LedgerWorld();
    const first = await world.open({ keepsCollection: isOurs });
    await first.commitGenesis(genesis());
    const block = await endorsedForBoth(world, first);
    world.faults.crashAfter(step);
    const isCommitted = await first.commit(block, allValid(block)).then(
      () => true,
      () => false,
    );
    world.powerLoss();
    const shown: number[] = [];
    const ledger = await world.open({
      keepsCollection: (...place) => shown.length > 0 && isOurs(...place),
      beforeRecovery: ({ height }) => {
        shown.push(height);
        return Promise.resolve();
      },
    });
    if (isCommitted || ledger.height < 2) continue;
    appliedCount += 1;
    expect(shown).toEqual([2]);
    expect(ledger.privateSet(1, 0, { namespace: "cc", collection: "ours" })).toBeDefined();
    expect(ledger.privateSet(1, 0, { namespace: "cc", collection: "theirs" })).toBeUndefined();
  }
  expect(appliedCount).toBeGreaterThan(0);
});
