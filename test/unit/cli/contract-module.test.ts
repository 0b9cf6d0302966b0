import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadContractModule } from "../../../src/cli/contract-module.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";

const PUT = "export default { put: async (context, key) => context.put(key, '1') };";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-module-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function moduleOf(file: string, text: string): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, text);
  return path;
}

describe("a contract of one's own", () => {
  test("is called by its file's name, and all its functions with few words", async () => {
    const own = await loadContractModule(await moduleOf("notes.mjs", PUT));
    expect([own.name, Object.keys(own.contract), own.hasWorkload]).toEqual([
      "notes",
      ["put"],
      false,
    ]);
    const call = own.workload.call(new SeededRandom(1));
    expect(call).toMatchObject({ contract: "notes", fn: "put" });
  });

  test("comes with what clients call and what it promises", async () => {
    const workload = `export const workload = {
      call: (random) => ({ fn: "put", args: [String(random.below(3))] }),
      violationIn: (stateOf) => stateOf("kept").get("x").length > 1 ? "too long" : undefined,
    };`;
    const own = await loadContractModule(await moduleOf("kept.mjs", `${PUT}\n${workload}`));
    expect(own.hasWorkload).toBe(true);
    expect(own.workload.call(new SeededRandom(1)).contract).toBe("kept");
    expect(own.workload.violationIn?.(() => new Map([["x", "11"]]))).toBe("too long");
    expect(own.workload.violationIn?.(() => new Map())).toMatch(/^workload\.violationIn threw /);
  });

  test.each([
    ["bank.mjs", PUT, "bank is the simulation's own contract: give the file another name"],
    ["my notes.mjs", PUT, /my notes cannot be a contract's name: call the file by letters/],
    ["a.mjs", "throw new Error('boom')", /a\.mjs cannot be loaded: boom; mend it until `node /],
    [
      "b.mjs",
      "export const put = 1;",
      /b\.mjs exports no contract: `export default` its functions/,
    ],
    [
      "c.mjs",
      "export default { put: 1 };",
      /^put in the default export of .*c\.mjs is no function/,
    ],
    [
      "d.mjs",
      "export default class Notes {}",
      /d\.mjs exports classes: `heddle deploy` runs those/,
    ],
    ["e.mjs", `${PUT} export const workload = {};`, /^workload has no function call\(random\)/],
    [
      "f.mjs",
      `${PUT} export const workload = { call: () => ({ fn: "get", args: [] }) };`,
      "workload.call names get, which the contract has not: it has put",
    ],
    [
      "g.mjs",
      `${PUT} export const workload = { call: () => ({ fn: "put", args: [1] }) };`,
      /^workload\.call gives put arguments that are no list of texts/,
    ],
    [
      "h.mjs",
      `${PUT} export const workload = { call: () => { throw new Error("no dice"); } };`,
      /^workload\.call throws: no dice/,
    ],
  ])("is refused with the cause and the cure: %s", async (file, text, message) => {
    await expect(loadContractModule(await moduleOf(file, text))).rejects.toThrow(message);
  });

  test("must be there, and be a file", async () => {
    await expect(loadContractModule(join(folder, "none.js"))).rejects.toThrow(
      /none\.js does not exist: name a JavaScript module; `heddle sim --help` shows an example/,
    );
    await expect(loadContractModule(folder)).rejects.toThrow(
      /is a folder, which `heddle deploy` takes/,
    );
  });
});
