import { describe, expect, test } from "vitest";
import type { OpenFile } from "../../../../src/kernel/ports/files.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";

const PATH = "/d/file";

async function fileOf(...durable: readonly number[]): Promise<[SimulatedFiles, OpenFile]> {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  await files.makeDirectory("/d");
  const file = await files.open(PATH, { create: true });
  await file.writeAt(0, Uint8Array.from(durable));
  await file.sync();
  await files.syncDirectory("/d");
  return [files, file];
}

async function failSync(files: SimulatedFiles, file: OpenFile): Promise<void> {
  files.faults.fail("sync", 1);
  await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
}

/** What a power loss leaves. */
function afterPowerLoss(files: SimulatedFiles): number[] {
  files.powerLoss();
  return [...files.contentOf(PATH)];
}

describe("what a failed flush did not write", () => {
  test("is seen, and not written by a later flush", async () => {
    const [files, file] = await fileOf(1, 2, 3, 4);
    await file.writeAt(1, Uint8Array.of(7, 8));
    await failSync(files, file);
    await file.sync();
    expect([...files.contentOf(PATH)]).toEqual([1, 7, 8, 4]);
    expect(afterPowerLoss(files)).toEqual([1, 2, 3, 4]);
  });

  test("leaves a hole before what a later flush writes", async () => {
    const [files, file] = await fileOf(1);
    await file.writeAt(1, Uint8Array.of(7, 8));
    await failSync(files, file);
    await file.writeAt(3, Uint8Array.of(9));
    await file.sync();
    expect(afterPowerLoss(files)).toEqual([1, 0, 0, 9]);
  });

  test("is written when it is written again", async () => {
    const [files, file] = await fileOf(1, 2, 3, 4);
    await file.writeAt(0, Uint8Array.of(5, 6, 7));
    await failSync(files, file);
    await file.sync();
    await file.writeAt(1, Uint8Array.of(6));
    await file.sync();
    expect(afterPowerLoss(files)).toEqual([1, 6, 3, 4]);
  });

  test("is what was durable before, also where two flushes failed", async () => {
    const [files, file] = await fileOf(1, 2);
    await file.writeAt(0, Uint8Array.of(5));
    await failSync(files, file);
    await file.writeAt(0, Uint8Array.of(6, 6));
    await failSync(files, file);
    await file.sync();
    expect(afterPowerLoss(files)).toEqual([1, 2]);
  });

  test("goes with the end of a file that is cut off", async () => {
    const [files, file] = await fileOf(1, 2, 3);
    await file.writeAt(1, Uint8Array.of(7, 7));
    await failSync(files, file);
    await file.sync();
    await file.truncate(2);
    await file.sync();
    expect(afterPowerLoss(files)).toEqual([1, 2]);
  });
});
