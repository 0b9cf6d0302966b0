import { describe, expect, test } from "vitest";
import { lingeringId } from "../../../../cluster/ordering/lingering.ts";
import { recordMember, recordRelease } from "../../../../cluster/replica/index.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";

const DIRECTORY = "/ch1";

async function disk(owner?: string): Promise<SimulatedFiles> {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  await files.makeDirectory(DIRECTORY);
  if (owner !== undefined) await recordMember(files, `${DIRECTORY}/raft`, owner);
  return files;
}

function idAmong(
  files: SimulatedFiles,
  ...consenterIds: readonly number[]
): Promise<number | undefined> {
  return lingeringId(files, DIRECTORY, "ch1", { consenterIds, nextConsenterId: 9 });
}

describe("a node that the configuration does not name", () => {
  test("goes on under the id of its log, whether that is still a member's or not", async () => {
    const files = await disk("ch1/2");
    expect(await idAmong(files, 1)).toBe(2);
    expect(await idAmong(files, 1, 2, 3)).toBe(2);
  });

  test("has nothing to go on with if it never took part", async () => {
    expect(await idAmong(await disk(), 1)).toBeUndefined();
  });

  test("is done once its group has let it go, also after a crash", async () => {
    const files = await disk("ch1/2");
    await recordRelease(files, `${DIRECTORY}/raft`, "ch1/2");
    files.powerLoss();
    expect(await idAmong(files, 1)).toBeUndefined();
  });

  test("goes on under a later id than that which was let go", async () => {
    const files = await disk("ch1/5");
    await recordRelease(files, `${DIRECTORY}/raft`, "ch1/2");
    expect(await idAmong(files, 1)).toBe(5);
  });

  test("gives way where another node is the whole group under its id", async () => {
    expect(await idAmong(await disk("ch1/2"), 2)).toBeUndefined();
  });

  test.each(["ch2/2", "ch1/", "ch1/x", "ch1/2/3", ""])(
    "does not believe a record of %o",
    async (owner) => {
      expect(await idAmong(await disk(owner), 1)).toBeUndefined();
    },
  );
});
