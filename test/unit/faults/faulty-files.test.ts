import { describe, expect, test } from "vitest";
import {
  Faults,
  faultyFiles,
  NO_FAULTS,
  SOUND_DISK,
  type DiskFaults,
} from "../../../src/faults/index.ts";
import type { Files, OpenFile } from "../../../src/kernel/ports/files.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";

async function world(): Promise<{
  readonly time: SimulatedTime;
  readonly files: Files;
  readonly file: OpenFile;
  readonly set: (disk: Partial<DiskFaults>) => void;
}> {
  const time = new SimulatedTime();
  const faults = new Faults();
  const random = new SeededRandom(1);
  const files = faultyFiles({
    files: new SimulatedFiles({ random }),
    faults,
    timers: time,
    random,
  });
  await files.makeDirectory("/d");
  const file = await files.open("/d/f", { create: true });
  await file.writeAt(0, new Uint8Array(100));
  const set = (disk: Partial<DiskFaults>): void => {
    faults.apply({ ...NO_FAULTS, disk: { ...SOUND_DISK, ...disk } });
  };
  return { time, files, file, set };
}

describe("a disk", () => {
  test("that is full takes no write and has no room, and takes them again", async () => {
    const { files, file, set } = await world();
    set({ full: true });
    await expect(file.writeAt(0, new Uint8Array(1))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await files.freeBytes("/d")).toBe(0);
    set({});
    await file.writeAt(0, new Uint8Array(1));
    expect(await files.freeBytes("/d")).toBeGreaterThan(0);
  });

  test("that cannot flush says so", async () => {
    const { files, file, set } = await world();
    set({ failSync: true });
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    await expect(files.syncDirectory("/d")).rejects.toMatchObject({ code: "EIO" });
  });

  test("that is slow flushes when its time has passed and not before", async () => {
    const { time, file, set } = await world();
    set({ syncDelayMs: 200 });
    let isFlushed = false;
    const flushed = file.sync().then(() => {
      isFlushed = true;
    });
    await time.advance(199);
    expect(isFlushed).toBe(false);
    await time.advance(2);
    await flushed;
  });

  test("that rots turns one bit of what is read, and nothing on the disk", async () => {
    const { file, set } = await world();
    set({ corruptReads: 1 });
    const rotten = await file.readAt(0, 100);
    const bits = rotten.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
    expect(bits).toBe(1);
    set({});
    expect(await file.readAt(0, 100)).toEqual(new Uint8Array(100));
  });
});
