import { expect, test } from "vitest";
import { meteredFiles } from "../../../../src/kernel/adapters/metered-files.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";

test("files that are metered count each flush and are otherwise the same files", async () => {
  const seconds: number[] = [];
  const meter = {
    ...silentMeter,
    histogram: () => ({ observe: (value: number) => void seconds.push(value) }),
  };
  let nowMs = 0;
  const clock = { monotonicMs: () => (nowMs += 5), wallMs: () => 0 };
  const files = meteredFiles({
    files: new SimulatedFiles({ random: new SeededRandom(1) }),
    clock,
    meter,
  });
  await files.makeDirectory("/d");
  const file = await files.open("/d/a", { create: true });
  await file.writeAt(0, utf8("hello"));
  expect(seconds).toEqual([]);
  await file.sync();
  await file.sync();
  expect(seconds).toEqual([0.005, 0.005]);
  await file.truncate(4);
  expect([await file.size(), await file.readAt(1, 9)]).toEqual([4, utf8("ell")]);
  await file.close();
  await files.rename("/d/a", "/d/b");
  await files.syncDirectory("/d");
  expect([await files.list("/d"), await files.exists("/d/a")]).toEqual([["b"], false]);
  await files.remove("/d/b");
  expect(await files.list("/d")).toEqual([]);
  await files.removeDirectory("/d");
  expect(await files.exists("/d")).toBe(false);
});
