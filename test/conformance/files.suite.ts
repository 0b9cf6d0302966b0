import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Files } from "../../src/kernel/ports/files.ts";

/** A disk under test and an existing, empty directory on it. */
export interface FilesFixture {
  readonly files: Files;
  readonly directory: string;
  close(): Promise<void>;
}

/** What every implementation of `Files` does, the real one and the simulated one. */
export function filesSuite(name: string, make: () => Promise<FilesFixture>): void {
  describe(`files: ${name}`, () => {
    let fixture: FilesFixture;
    let files: Files;
    const at = (path: string): string => `${fixture.directory}/${path}`;
    beforeEach(async () => {
      fixture = await make();
      files = fixture.files;
    });
    afterEach(async () => {
      await fixture.close();
    });

    test("a directory is made with its parents, and again without complaint", async () => {
      await files.makeDirectory(at("a/b/c"));
      await files.makeDirectory(at("a/b/c"));
      expect(await files.list(at("a"))).toEqual(["b"]);
      expect(await files.exists(at("a/b/c"))).toBe(true);
    });

    test("a disk has room for some bytes, and fewer than can be counted", async () => {
      const free = await files.freeBytes(fixture.directory);
      expect(Number.isInteger(free)).toBe(true);
      expect(free).toBeGreaterThan(0);
    });

    test("listing is sorted, and empty for a directory that is absent", async () => {
      for (const entry of ["b", "c", "a"]) {
        await (await files.open(at(entry), { create: true })).close();
      }
      expect(await files.list(fixture.directory)).toEqual(["a", "b", "c"]);
      expect(await files.list(at("absent"))).toEqual([]);
    });

    test("opening an absent file rejects unless it may be created", async () => {
      await expect(files.open(at("absent"), { create: false })).rejects.toMatchObject({
        code: "ENOENT",
      });
      const file = await files.open(at("absent"), { create: true });
      expect(await file.size()).toBe(0);
      await file.close();
    });

    test("creating a file in an absent directory rejects", async () => {
      await expect(files.open(at("absent/file"), { create: true })).rejects.toMatchObject({
        code: "ENOENT",
      });
    });

    test("opening to create keeps what a file holds", async () => {
      const first = await files.open(at("f"), { create: true });
      await first.writeAt(0, Uint8Array.of(1, 2, 3));
      await first.close();
      const second = await files.open(at("f"), { create: true });
      expect(await second.readAt(0, 10)).toEqual(Uint8Array.of(1, 2, 3));
      await second.close();
    });

    test("reads return what was written, and less at the end", async () => {
      const file = await files.open(at("f"), { create: true });
      await file.writeAt(0, Uint8Array.of(1, 2, 3, 4));
      await file.writeAt(1, Uint8Array.of(9, 9));
      expect(await file.readAt(0, 4)).toEqual(Uint8Array.of(1, 9, 9, 4));
      expect(await file.readAt(3, 10)).toEqual(Uint8Array.of(4));
      expect(await file.readAt(4, 1)).toEqual(new Uint8Array(0));
      expect(await file.readAt(100, 1)).toEqual(new Uint8Array(0));
      await file.close();
    });

    test("a write beyond the end fills the gap with zeros", async () => {
      const file = await files.open(at("f"), { create: true });
      await file.writeAt(3, Uint8Array.of(7));
      expect(await file.size()).toBe(4);
      expect(await file.readAt(0, 4)).toEqual(Uint8Array.of(0, 0, 0, 7));
      await file.close();
    });

    test("truncation cuts, and lengthens with zeros", async () => {
      const file = await files.open(at("f"), { create: true });
      await file.writeAt(0, Uint8Array.of(1, 2, 3));
      await file.truncate(1);
      expect(await file.size()).toBe(1);
      await file.truncate(2);
      expect(await file.readAt(0, 5)).toEqual(Uint8Array.of(1, 0));
      await file.sync();
      await file.close();
    });

    test("what is written later does not show in bytes read earlier", async () => {
      const file = await files.open(at("f"), { create: true });
      const source = Uint8Array.of(1, 2);
      await file.writeAt(0, source);
      source[0] = 8;
      const read = await file.readAt(0, 2);
      await file.writeAt(0, Uint8Array.of(5, 5));
      expect(read).toEqual(Uint8Array.of(1, 2));
      await file.close();
    });

    test("renaming replaces the target", async () => {
      for (const [path, byte] of [
        ["from", 1],
        ["to", 2],
      ] as const) {
        const file = await files.open(at(path), { create: true });
        await file.writeAt(0, Uint8Array.of(byte));
        await file.sync();
        await file.close();
      }
      await files.rename(at("from"), at("to"));
      await files.syncDirectory(fixture.directory);
      expect(await files.list(fixture.directory)).toEqual(["to"]);
      const file = await files.open(at("to"), { create: false });
      expect(await file.readAt(0, 1)).toEqual(Uint8Array.of(1));
      await file.close();
    });

    test("removing takes a file away, and an absent one without complaint", async () => {
      await (await files.open(at("f"), { create: true })).close();
      await files.remove(at("f"));
      await files.remove(at("f"));
      expect(await files.exists(at("f"))).toBe(false);
    });

    test("removing a directory takes everything in it away, and an absent one without complaint", async () => {
      await files.makeDirectory(at("d/inner"));
      for (const path of ["d/f", "d/inner/g", "dd"]) {
        await (await files.open(at(path), { create: true })).close();
      }
      await files.removeDirectory(at("d"));
      expect(await files.exists(at("d"))).toBe(false);
      expect(await files.list(fixture.directory)).toEqual(["dd"]);
      await files.removeDirectory(at("d"));
      await files.removeDirectory(at("absent/d"));
      await files.makeDirectory(at("d"));
      expect(await files.list(at("d"))).toEqual([]);
    });

    test("a file is closed as often as one likes and not used afterwards", async () => {
      const file = await files.open(at("f"), { create: true });
      await file.close();
      await file.close();
      await expect(file.readAt(0, 1)).rejects.toThrow();
    });
  });
}
