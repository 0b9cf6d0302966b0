import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { heddle, program } from "../network/harness.ts";

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

  const wrong = "export default { set: (context, key) => context.putState(key, 'x') };";
  await writeFile(join(folder, "wrong.js"), wrong);
  const refusing = await heddle(["sim", "--contract", "wrong.js"], folder);
  expect(refusing.stdout).toMatch(
    /(\d+) of \1 runs of the contract ended with an error: wrong\.set: context\.putState is not a function/,
  );

  const dice = "export default { roll: (context) => context.put('k', String(Math.random())) };";
  await writeFile(join(folder, "dice.js"), dice);
  const found = await heddle(["sim", "--contract", "dice.js"], folder);
  expect(found.code).toBe(1);
  expect(found.stdout).toMatch(/contracts: dice\.roll\(.*\) is not deterministic/);
}, 120_000);

test("ends without a word when nobody reads what it prints", async () => {
  const child = spawn(process.execPath, [program, "sim", "--trace"], { cwd: folder });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = (await once(child, "close")) as [number];
  expect([code, stderr]).toEqual([0, ""]);
}, 120_000);
