import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { NetworkError } from "../../../src/network/errors.ts";
import { NetworkLayout } from "../../../src/network/layout.ts";
import { readFolder, writeManifest } from "../../../src/network/manifest.ts";

const OPTIONS = { ordererCount: 3, peerCountPerOrganization: 2, portOffset: 100 };

let folder: string;
let layout: NetworkLayout;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-manifest-"));
  layout = new NetworkLayout(join(folder, "network"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function refusal(text: string): Promise<unknown> {
  await mkdir(layout.directory, { recursive: true });
  await writeFile(layout.manifest, text);
  return readFolder(layout).catch((error: unknown) => error);
}

describe("a folder", () => {
  test("that is absent or empty holds nothing", async () => {
    expect(await readFolder(layout)).toEqual({ kind: "absent" });
    await mkdir(layout.directory);
    expect(await readFolder(layout)).toEqual({ kind: "absent" });
  });

  test("with other things in it is foreign", async () => {
    await mkdir(join(layout.directory, "thesis"), { recursive: true });
    expect(await readFolder(layout)).toEqual({ kind: "foreign" });
  });

  test("with a manifest holds the network that was written", async () => {
    await mkdir(layout.directory);
    await writeManifest(layout.manifest, OPTIONS);
    expect(await readFolder(layout)).toMatchObject({ kind: "network", options: OPTIONS });
  });

  test("keeps the orderers that came and went", async () => {
    const addedOrderers = [
      { name: "orderer4.example.com", port: 11_050, adminPort: 11_053, operationsPort: 9_450 },
    ];
    const options = { ...OPTIONS, addedOrderers, removedOrderers: ["orderer2.example.com"] };
    await mkdir(layout.directory);
    await writeManifest(layout.manifest, options);
    expect(await readFolder(layout)).toMatchObject({ kind: "network", options });
  });

  test("that is a file is refused, not taken for absent", async () => {
    await writeFile(layout.directory, "mine");
    const error = await readFolder(layout).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "unusable folder" });
    expect((error as Error).message).toMatch(/ENOTDIR.*--dir/);
  });
});

describe("a damaged manifest", () => {
  test.each([
    ["half of it", '{"formatVersion":1,', /not JSON/],
    ["a later version", JSON.stringify({ ...OPTIONS, formatVersion: 2 }), /formatVersion: /],
    ["a surplus key", JSON.stringify({ ...OPTIONS, formatVersion: 1, x: 1 }), /"x"/],
    [
      "too many orderers",
      JSON.stringify({ ...OPTIONS, formatVersion: 1, ordererCount: 99 }),
      /ordererCount: /,
    ],
  ])("(%s) is named, with what to do", async (_what, text, problem) => {
    const error = await refusal(text);
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toMatch(problem);
    expect((error as Error).message).toContain("restore it, or remove");
  });

  test.prop([fc.oneof(fc.string(), fc.json())], { seed: 3, numRuns: 100 })(
    "of any content is refused as such",
    async (text) => {
      expect(await refusal(text)).toMatchObject({ code: "unusable folder" });
    },
  );
});
