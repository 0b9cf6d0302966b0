import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Faults, NO_FAULTS, VolatileDisk, type Failpoint } from "../../../src/faults/index.ts";
import type { Files } from "../../../src/kernel/ports/files.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { DiskModel } from "./disk-model.ts";
import { withoutFlushes } from "./without-flushes.ts";

const NAMES = ["a", "b", "c"] as const;

interface Machine {
  /** What is really there. */
  readonly below: SimulatedFiles;
  readonly disk: VolatileDisk;
  readonly files: Files;
  readonly faults: Faults;
  readonly ends: number[];
}

async function machine(bounds: { bytesMax?: number; changesMax?: number } = {}): Promise<Machine> {
  const below = new SimulatedFiles({ random: new SeededRandom(0) });
  const faults = new Faults();
  const ends: number[] = [];
  const deps = { files: below, faults, logger: silentLogger, end: () => void ends.push(1) };
  const disk = new VolatileDisk(deps, { whenCut: "fails", ...bounds });
  await disk.files.makeDirectory("/d");
  return { below, disk, files: disk.files, faults, ends };
}

function contents(below: SimulatedFiles): ReadonlyMap<string, Uint8Array> {
  return new Map(below.paths().map((path) => [path.slice(3), below.contentOf(path)]));
}

type Operation =
  | { readonly kind: "create" | "remove"; readonly name: string }
  | { readonly kind: "sync"; readonly name: string }
  | {
      readonly kind: "write";
      readonly name: string;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: "truncate"; readonly name: string; readonly size: number }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "syncDirectory" };

const name = fc.constantFrom(...NAMES);
const size = fc.integer({ min: 0, max: 1_600 });
const length = fc.integer({ min: 1, max: 1_600 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("create" as const), name }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("write" as const), name, offset: size, length }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), name, size }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sync" as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), name }) },
  { weight: 1, arbitrary: fc.constant({ kind: "syncDirectory" as const }) },
);
const operations = fc.array(operation, { maxLength: 25 });
const seed = fc.integer({ min: 0, max: 0xffff_ffff });

/** Does to the files, and to the model, what is asked for where it can be. */
async function perform(
  files: Files,
  model: DiskModel,
  each: Operation,
  fill: number,
): Promise<void> {
  switch (each.kind) {
    case "syncDirectory":
      await files.syncDirectory("/d");
      model.syncDirectory();
      return;
    case "create":
      await (await files.open(`/d/${each.name}`, { create: true })).close();
      model.create(each.name);
      return;
    case "remove":
      await files.remove(`/d/${each.name}`);
      model.remove(each.name);
      return;
    case "rename":
      if (!model.has(each.name) || each.to === each.name) return;
      await files.rename(`/d/${each.name}`, `/d/${each.to}`);
      model.rename(each.name, each.to);
      return;
    case "write":
    case "truncate":
    case "sync":
      if (model.has(each.name)) await performInside(files, model, each, fill);
  }
}

async function performInside(
  files: Files,
  model: DiskModel,
  each: Extract<Operation, { readonly kind: "write" | "truncate" | "sync" }>,
  fill: number,
): Promise<void> {
  const file = await files.open(`/d/${each.name}`, { create: false });
  if (each.kind === "sync") {
    await file.sync();
    model.sync(each.name);
  } else if (each.kind === "truncate") {
    await file.truncate(each.size);
    model.change(each.name, { kind: "truncate", size: each.size });
  } else {
    const bytes = new Uint8Array(each.length).fill(fill);
    await file.writeAt(each.offset, bytes);
    model.change(each.name, { kind: "write", offset: each.offset, bytes });
  }
  await file.close();
}

/** What an earlier process has left, flushed. */
const LEFT_BEFORE: readonly Operation[] = (["a", "b"] as const).flatMap((name) => [
  { kind: "create" as const, name },
  { kind: "write" as const, name, offset: 0, length: 700 },
  { kind: "sync" as const, name },
  { kind: "syncDirectory" as const },
]);

/** Whether the model allows what a loss of power leaves. `spoiled`: what nodes are given in place of the disk's files. */
async function isAllowed(
  todo: readonly Operation[],
  powerSeed: number,
  spoiled: (files: Files) => Files = (files) => files,
): Promise<boolean> {
  const { disk, files, below } = await machine();
  const model = new DiskModel();
  for (const each of LEFT_BEFORE) await perform(below, model, each, 255);
  const given = spoiled(files);
  for (const [index, each] of todo.entries()) await perform(given, model, each, 1 + index);
  await disk.crash({ seed: powerSeed });
  return model.allows(contents(below));
}

function flushingWrites(files: Files): Files {
  return {
    ...files,
    open: async (path, options) => {
      const file = await files.open(path, options);
      const writeAt = async (offset: number, bytes: Uint8Array): Promise<void> => {
        await file.writeAt(offset, bytes);
        await file.sync();
      };
      return { ...file, writeAt };
    },
  };
}

/** What different losses leave of a write of two sectors over two flushed ones. */
async function fates(spoiled: (files: Files) => Files): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let powerSeed = 0; powerSeed < 60; powerSeed += 1) {
    const { disk, files, below } = await machine();
    const file = await spoiled(files).open("/d/a", { create: true });
    await file.writeAt(0, new Uint8Array(1_024).fill(1));
    await file.sync();
    await files.syncDirectory("/d");
    await file.writeAt(0, new Uint8Array(1_024).fill(2));
    await disk.crash({ seed: powerSeed });
    const content = below.contentOf("/d/a");
    seen.add([0, 512].map((at) => content[at]).join());
  }
  return seen;
}

describe("a loss of power", () => {
  property.prop([operations, seed], { numRuns: 400 })(
    "leaves what was flushed, and of the rest a choice of sectors and the first changes of names",
    async (todo, powerSeed) => {
      expect(await isAllowed(todo, powerSeed)).toBe(true);
    },
  );

  test("is found to take too much where flushes are left out", async () => {
    const found = await fc.check(
      fc.asyncProperty(operations, seed, (todo, powerSeed) =>
        isAllowed(todo, powerSeed, withoutFlushes),
      ),
      { numRuns: 2_000, seed: 1, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });

  test("can take a write, leave it and tear it", async () => {
    expect([...(await fates((files) => files))].sort()).toEqual(["1,1", "1,2", "2,1", "2,2"]);
  });

  test("is found to take too little where what is written counts as flushed", async () => {
    expect([...(await fates(flushingWrites))]).toEqual(["2,2"]);
  });

  test("takes the same for the same seed", async () => {
    const left = async (): Promise<unknown> => {
      const { disk, files, below } = await machine();
      const file = await files.open("/d/a", { create: true });
      await files.syncDirectory("/d");
      for (let at = 0; at < 20; at += 1)
        await file.writeAt(at * 700, new Uint8Array(1_400).fill(at));
      await disk.crash({ seed: 7 });
      return contents(below);
    };
    expect(await left()).toEqual(await left());
  });

  test("lets nothing be written from then on, and ends the process when it is done", async () => {
    const { disk, files, below, ends } = await machine();
    const file = await files.open("/d/a", { create: true });
    await file.writeAt(0, Uint8Array.of(1));
    await file.sync();
    await files.syncDirectory("/d");
    const dying = disk.crash({ seed: 1 });
    await expect(file.writeAt(0, Uint8Array.of(2))).rejects.toMatchObject({ code: "EIO" });
    await expect(files.remove("/d/a")).rejects.toMatchObject({ code: "EIO" });
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    await Promise.all([dying, disk.crash({ seed: 2 }), disk.crash()]);
    expect(ends).toEqual([1]);
    expect(contents(below)).toEqual(new Map([["a", Uint8Array.of(1)]]));
  });

  test("takes what a failed flush did not reach, whatever is flushed later", async () => {
    for (let powerSeed = 0; powerSeed < 20; powerSeed += 1) {
      const { disk, files, below } = await machine();
      const file = await files.open("/d/a", { create: true });
      await file.writeAt(0, Uint8Array.of(1));
      await file.sync();
      await files.syncDirectory("/d");
      await file.writeAt(0, Uint8Array.of(2));
      disk.loseFlush("/d/a");
      await file.sync();
      await disk.crash({ seed: powerSeed });
      expect(contents(below)).toEqual(new Map([["a", Uint8Array.of(1)]]));
    }
  });

  test("takes nothing of what was flushed because too much was kept", async () => {
    for (const bounds of [{ bytesMax: 2_000 }, { changesMax: 3 }]) {
      const { disk, files, below } = await machine(bounds);
      const file = await files.open("/d/a", { create: true });
      for (let at = 0; at < 4; at += 1) await file.writeAt(at * 600, new Uint8Array(600).fill(9));
      await disk.crash({ seed: 3 });
      expect(below.contentOf("/d/a").subarray(0, 1_800)).toEqual(new Uint8Array(1_800).fill(9));
    }
  });

  test("keeps no more than its bound, whatever is written, cut and removed", async () => {
    const { disk, files, below } = await machine({ bytesMax: 1_000 });
    const file = await files.open("/d/a", { create: true });
    await file.writeAt(0, new Uint8Array(5_000).fill(9));
    await file.truncate(0);
    await file.writeAt(0, new Uint8Array(5_000).fill(8));
    await file.close();
    await files.rename("/d/a", "/d/b");
    await (await files.open("/d/a", { create: true })).close();
    await files.rename("/d/a", "/d/b");
    expect(below.contentOf("/d/b")).toHaveLength(0);
    await disk.crash({ seed: 3 });
    expect(contents(below)).toEqual(new Map([["b", new Uint8Array(0)]]));
  });
});

describe("a failpoint", () => {
  const folder = "/channels/c/blocks";
  const path = `${folder}/blocks-000000.heddle`;

  async function writes(failpoint: Failpoint): Promise<Machine> {
    const made = await machine();
    await made.files.makeDirectory(folder);
    made.faults.apply({ ...NO_FAULTS, failpoints: [failpoint] });
    const file = await made.files.open(path, { create: true });
    await expect(file.writeAt(0, Uint8Array.of(1))).rejects.toMatchObject({ code: "EIO" });
    await made.disk.crash();
    expect(made.ends).toEqual([1]);
    return made;
  }

  test("ends the process before or after its step is done", async () => {
    const step = "block file written";
    expect((await writes({ step, moment: "before" })).below.contentOf(path)).toHaveLength(0);
    expect((await writes({ step, moment: "after" })).below.contentOf(path)).toHaveLength(1);
  });

  test("takes the power with it where it is told to", async () => {
    const left = new Set<number>();
    for (let powerSeed = 0; powerSeed < 30; powerSeed += 1) {
      const powerLoss = { seed: powerSeed };
      const { below } = await writes({ step: "block file written", moment: "after", powerLoss });
      left.add(below.paths().length === 0 ? -1 : below.contentOf(path).length);
    }
    expect(left).toEqual(new Set([-1, 0, 1]));
  });

  test("of another name is passed over", async () => {
    const { files, faults, ends } = await machine();
    await files.makeDirectory(folder);
    faults.apply({ ...NO_FAULTS, failpoints: [{ step: "log segment written", moment: "after" }] });
    const file = await files.open(path, { create: true });
    await file.writeAt(0, Uint8Array.of(1));
    await file.sync();
    expect(ends).toEqual([]);
  });
});
