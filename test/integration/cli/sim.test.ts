import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { heddle } from "../network/harness.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-sim-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the help's contract runs in an empty folder, and one that throws dice is found out", async () => {
  const { stdout: help } = await heddle(["sim", "--help"], folder);
  const example = help.slice(help.indexOf("  export default"), help.indexOf("Without a workload"));
  await writeFile(join(folder, "seats.js"), example);
  const sound = await heddle(["sim", "--contract", "./seats.js", "--json"], folder);
  expect([sound.code, sound.stderr]).toEqual([0, ""]);
  expect(JSON.parse(sound.stdout)).toMatchObject({ isVoid: false, violations: [] });

  const dice = "export default { roll: (context) => context.put('k', String(Math.random())) };";
  await writeFile(join(folder, "dice.js"), dice);
  const found = await heddle(["sim", "--contract", "dice.js"], folder);
  expect(found.code).toBe(1);
  expect(found.stdout).toMatch(/contracts: dice\.roll\(.*\) is not deterministic/);
}, 120_000);
