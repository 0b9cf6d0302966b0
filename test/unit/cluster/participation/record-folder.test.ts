import { expect, test } from "vitest";
import { RecordFolder } from "../../../../cluster/participation/record-folder.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";

const PATH = "/data/join/ch1.join";

async function folder(files: SimulatedFiles): Promise<RecordFolder> {
  return RecordFolder.open(files, "/data", "join");
}

test("a record comes back as it was saved, an empty one too", async () => {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  const records = await folder(files);
  await records.save("ch1", utf8("a config block"));
  await records.save("ch2", new Uint8Array(0));
  files.powerLoss();
  const again = await folder(files);
  expect(await again.read("ch1")).toEqual(utf8("a config block"));
  expect(await again.read("ch2")).toEqual(new Uint8Array(0));
  expect(await again.read("ch3")).toBeUndefined();
  expect(await again.names()).toEqual(["ch1", "ch2"]);
});

test("a record of which any bit is wrong, or any part is missing, is refused by its name", async () => {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  const records = await folder(files);
  await records.save("ch1", utf8("a config block"));
  const whole = files.contentOf(PATH);
  const refused = { code: "damaged_record", message: expect.stringContaining(PATH) as string };
  for (let bit = 0; bit < 8 * whole.length; bit += 1) {
    const spoilt = whole.slice();
    spoilt[bit >> 3]! ^= 1 << (bit & 7);
    files.overwrite(PATH, spoilt);
    await expect(records.read("ch1")).rejects.toMatchObject(refused);
  }
  for (let length = 1; length < whole.length; length += 1) {
    files.overwrite(PATH, whole.subarray(0, length));
    await expect(records.read("ch1")).rejects.toMatchObject(refused);
  }
});
