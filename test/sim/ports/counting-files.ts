import type { Files, OpenFile } from "../../../src/kernel/ports/files.ts";

/** A disk that counts what is read from it. */
export class CountingFiles implements Files {
  readonly #files: Files;
  /** Calls that read a part of a file, and their bytes. */
  readCount = 0;
  readBytes = 0;
  openCount = 0;

  constructor(files: Files) {
    this.#files = files;
  }

  async open(path: string, options: { readonly create: boolean }): Promise<OpenFile> {
    this.openCount += 1;
    const file = await this.#files.open(path, options);
    return {
      size: () => file.size(),
      readAt: async (offset, length) => {
        const bytes = await file.readAt(offset, length);
        this.readCount += 1;
        this.readBytes += bytes.length;
        return bytes;
      },
      writeAt: (offset, bytes) => file.writeAt(offset, bytes),
      truncate: (size) => file.truncate(size),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }

  makeDirectory(path: string): Promise<void> {
    return this.#files.makeDirectory(path);
  }

  list(path: string): Promise<readonly string[]> {
    return this.#files.list(path);
  }

  exists(path: string): Promise<boolean> {
    return this.#files.exists(path);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#files.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#files.remove(path);
  }

  removeDirectory(path: string): Promise<void> {
    return this.#files.removeDirectory(path);
  }

  syncDirectory(path: string): Promise<void> {
    return this.#files.syncDirectory(path);
  }

  freeBytes(path: string): Promise<number> {
    return this.#files.freeBytes(path);
  }
}
