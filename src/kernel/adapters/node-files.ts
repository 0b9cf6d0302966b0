import { constants } from "node:fs";
import {
  access,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  statfs,
  type FileHandle,
} from "node:fs/promises";
import { dirname } from "node:path";
import type { Files, OpenFile } from "../ports/files.ts";

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;
  #isClosed = false;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        filled,
        length - filled,
        offset + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled === length ? bytes : bytes.slice(0, filled);
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const step = await this.#handle.write(
        bytes,
        written,
        bytes.length - written,
        offset + written,
      );
      written += step.bytesWritten;
    }
  }

  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
  }

  async sync(): Promise<void> {
    // fdatasync flushes a changed size as well: all that recovery reads.
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

export const nodeFiles: Files = {
  async makeDirectory(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    // Every directory that was made, and the one that holds the first of them.
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncPath(made);
    await syncPath(dirname(first));
  },
  async list(path: string): Promise<readonly string[]> {
    try {
      return (await readdir(path)).sort((a, b) => (a < b ? -1 : 1));
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  },
  async exists(path: string): Promise<boolean> {
    try {
      await access(path);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  },
  async open(path: string, options: { readonly create: boolean }): Promise<OpenFile> {
    const flags = constants.O_RDWR | (options.create ? constants.O_CREAT : 0);
    return new NodeFile(await open(path, flags, 0o644));
  },
  rename,
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  },
  async removeDirectory(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
    // A directory that never was may lie in one that never was.
    if (await nodeFiles.exists(dirname(path))) await syncPath(dirname(path));
  },
  syncDirectory: syncPath,
  async freeBytes(path: string): Promise<number> {
    // What is left for those who are not the superuser.
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
