import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { fc, test as property } from "@fast-check/vitest";
import { pack, type Header } from "tar-stream";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  packageFolder,
  packageService,
} from "../../../../src/chaincode/adapters/package-folder.ts";
import { readArchive, tarArchive } from "../../../../src/chaincode/adapters/tar-archive.ts";
import { PackageStore } from "../../../../src/chaincode/index.ts";
import { ARCHIVE_BYTES_MAX, PACKAGE_BYTES_MAX } from "../../../../src/chaincode/limits.ts";
import { nodeFiles } from "../../../../src/kernel/adapters/node-files.ts";
import { sha256 } from "../../../../src/crypto/index.ts";
import { toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { text, ...header } of entries) tar.entry(header, text ?? "");
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function packageOf(entries: readonly Entry[]): Promise<Uint8Array> {
  return new Uint8Array(gzipSync(await tarOf(entries)));
}

const METADATA = { name: "metadata.json", text: '{"path":"","type":"NODE","label":"a_1"}' };
const CODE = { name: "code.tar.gz", text: "code" };

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-package-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}

describe("packages from elsewhere", () => {
  test("a package is taken apart", async () => {
    expect(await tarArchive.parse(await packageOf([METADATA, CODE]))).toEqual({
      metadata: { type: "node", path: "", label: "a_1" },
      code: utf8("code"),
    });
  });

  test.each([
    ["no metadata", [CODE], /missing metadata.json/],
    ["no code", [METADATA], /did not find a code package/],
    ["a third file", [METADATA, CODE, { name: "extra" }], /unexpected file 'extra'/],
    [
      "a bad label",
      [{ ...METADATA, text: '{"label":"../x","type":"node"}' }, CODE],
      /invalid label/,
    ],
    ["an empty label", [{ ...METADATA, text: "{}" }, CODE], /invalid label/],
    ["metadata that is no JSON", [{ ...METADATA, text: "{" }, CODE], /could not unmarshal/],
    ["metadata that is a list", [{ ...METADATA, text: "[]" }, CODE], /not an object/],
    [
      "a type that is no text",
      [{ ...METADATA, text: '{"label":"a","type":1}' }, CODE],
      /must be a string/,
    ],
    [
      "metadata without end",
      [{ ...METADATA, text: " ".repeat(70_000) }, CODE],
      /more than the 65536 allowed/,
    ],
    [
      "a symbolic link",
      [METADATA, { name: "code.tar.gz", type: "symlink", linkname: "/etc/passwd" }],
      /not a regular file/,
    ],
    [
      "a hard link",
      [METADATA, { name: "code.tar.gz", type: "link", linkname: "x" }],
      /not a regular file/,
    ],
    [
      "a device",
      [METADATA, { name: "code.tar.gz", type: "character-device" }],
      /not a regular file/,
    ],
    ["a path upwards", [METADATA, CODE, { name: "../x" }], /not a plain relative path/],
    ["a path upwards within", [METADATA, CODE, { name: "a/../../x" }], /not a plain relative path/],
    ["an absolute path", [METADATA, CODE, { name: "/x" }], /not a plain relative path/],
    ["a backslash", [METADATA, CODE, { name: "a\\x" }], /not a plain relative path/],
    [
      "a folder upwards",
      [METADATA, CODE, { name: "../x/", type: "directory" }],
      /not a plain relative path/,
    ],
  ] as [string, Entry[], RegExp][])("%s is refused", async (_what, entries, reason) => {
    await expect(tarArchive.parse(await packageOf(entries))).rejects.toThrow(reason);
  });

  test("what unpacks to more than the bound is refused without holding it", async () => {
    // Zipped streams may follow one another: the same mebibyte of nothing again and again.
    const mebibyte = gzipSync(Buffer.alloc(1_048_576));
    const count = ARCHIVE_BYTES_MAX / 1_048_576 + 1;
    const bomb = new Uint8Array(Buffer.concat(Array.from({ length: count }, () => mebibyte)));
    expect(bomb.length).toBeLessThan(2_000_000);
    await expect(tarArchive.parse(bomb)).rejects.toThrow(/gzip stream of at most/);
  });

  test("every truncation is refused", async () => {
    const whole = await packageOf([METADATA, CODE]);
    for (let length = 0; length < whole.length; length += 7) {
      await expect(tarArchive.parse(whole.slice(0, length))).rejects.toMatchObject({
        code: "invalid-package",
      });
    }
  });

  property.prop([fc.uint8Array({ maxLength: 2_048 }), fc.boolean()], { numRuns: 200 })(
    "random bytes, zipped or not, are refused as a package and never crash",
    async (bytes, isZipped) => {
      const candidate = isZipped ? new Uint8Array(gzipSync(bytes)) : bytes;
      await expect(tarArchive.parse(candidate)).rejects.toMatchObject({ code: "invalid-package" });
    },
  );
});

describe("packing a folder", () => {
  const FILES = {
    "package.json": "{}",
    "lib/contract.js": "code",
    "META-INF/statedb/couchdb/indexes/a.json": "{}",
    "node_modules/x/index.js": "not packed",
    ".git/HEAD": "not packed",
  };

  test("the same files give the same bytes, whenever and in whatever order they were written", async () => {
    const first = await folder(FILES);
    const second = await folder(Object.fromEntries(Object.entries(FILES).reverse()));
    await utimes(join(second, "package.json"), 1, 1);
    const bytes = await packageFolder(first, "a_1");
    expect(toHex(sha256(await packageFolder(second, "a_1")))).toBe(toHex(sha256(bytes)));
    const { code } = await tarArchive.parse(bytes);
    expect((await readArchive(code)).map(({ path }) => path)).toEqual([
      "META-INF/statedb/couchdb/indexes/a.json",
      "src/lib/contract.js",
      "src/package.json",
    ]);
  });

  test("a folder without package.json, a link and a bad label are refused", async () => {
    const directory = await folder({ "index.js": "" });
    await expect(packageFolder(directory, "a_1")).rejects.toThrow(/no package.json/);
    await writeFile(join(directory, "package.json"), "{}");
    await expect(packageFolder(directory, "a/1")).rejects.toThrow(/invalid label/);
    await symlink("/etc/passwd", join(directory, "link"));
    await expect(packageFolder(directory, "a_1")).rejects.toThrow(/neither a file nor a folder/);
  });

  test("a service's package holds its connection", async () => {
    const bytes = await packageService({ address: "127.0.0.1:9999" }, "s_1");
    const { metadata, code } = await tarArchive.parse(bytes);
    expect(metadata.type).toBe("ccaas");
    const file = await tarArchive.readCodeFile(code, "connection.json");
    expect(JSON.parse(new TextDecoder().decode(file))).toEqual({ address: "127.0.0.1:9999" });
    expect(await tarArchive.readCodeFile(code, "absent")).toBeUndefined();
  });
});

describe("the package store", () => {
  function storeIn(directory: string): PackageStore {
    const deps = { files: nodeFiles, archive: tarArchive, logger: silentLogger };
    return new PackageStore(deps, { directory: join(directory, "packages") });
  }

  test("keeps packages across restarts and installs each once, also when asked twice at a time", async () => {
    const directory = await folder({});
    const store = storeIn(directory);
    const bytes = await packageOf([METADATA, CODE]);
    const packageId = `a_1:${toHex(sha256(bytes))}`;
    const both = await Promise.all([store.install(bytes), store.install(bytes)]);
    expect(both.filter(({ wasInstalled }) => wasInstalled)).toHaveLength(1);
    const reopened = storeIn(directory);
    expect(await reopened.list()).toEqual([{ packageId, label: "a_1" }]);
    expect(await reopened.read(packageId)).toEqual(bytes);
    expect((await reopened.open(packageId)).code).toEqual(utf8("code"));
  });

  test("a half-written file is no package, nor is anything else that lies there", async () => {
    const hash = "0".repeat(64);
    const directory = await folder({
      [`packages/a_1.${hash}.tar.gz.partial`]: "half",
      "packages/README": "",
      [`packages/_b.${hash}.tar.gz`]: "",
    });
    expect(await storeIn(directory).list()).toEqual([]);
  });

  test("too large a package is refused before it is looked at; unknown ids are absent", async () => {
    const store = storeIn(await folder({}));
    await expect(store.install(new Uint8Array(PACKAGE_BYTES_MAX + 1))).rejects.toThrow(
      /larger than/,
    );
    for (const packageId of ["", "a", `a:${"0".repeat(64)}`, `../a:${"0".repeat(64)}`]) {
      expect(await store.read(packageId)).toBeUndefined();
      await expect(store.open(packageId)).rejects.toMatchObject({ code: "package-not-found" });
    }
  });

  test("a package that has rotted on disk is refused with its name", async () => {
    const hash = "0".repeat(64);
    const store = storeIn(await folder({ [`packages/a_1.${hash}.tar.gz`]: "rot" }));
    await expect(store.open(`a_1:${hash}`)).rejects.toThrow(
      `the installed package 'a_1:${hash}' is damaged`,
    );
  });
});
