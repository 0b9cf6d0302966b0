import { expect, test } from "vitest";
import {
  isReleased,
  memberOnRecord,
  recordMember,
  recordRelease,
} from "../../../../cluster/replica/index.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";

const LOG = "/ch/raft";
const OWNER = "ch/1";

async function damaged(path: string, write: (files: SimulatedFiles) => Promise<void>) {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  await files.makeDirectory("/ch");
  await write(files);
  const file = await files.open(path, { create: false });
  await file.writeAt(0, Uint8Array.of(0xff));
  await file.close();
  return files;
}

test("a note of who a log belongs to that is no text any more names nobody", async () => {
  const files = await damaged(`${LOG}.member`, (each) => recordMember(each, LOG, OWNER));
  expect(await memberOnRecord(files, LOG)).toBe("\ufffdh/1");
});

test("a note that a member was let go that is no text any more lets nobody go", async () => {
  const files = await damaged(`${LOG}.released`, (each) => recordRelease(each, LOG, OWNER));
  expect(await isReleased(files, LOG, OWNER)).toBe(false);
});
