/** Makes an installable package of a contract's folder, byte for byte the same from the same files. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";
import { compareUtf8, utf8 } from "../../kernel/bytes.ts";
import { checkLabel } from "../core/package-metadata.ts";
import { ChaincodeError } from "../errors.ts";
import { ARCHIVE_BYTES_MAX, ARCHIVE_ENTRIES_MAX, PACKAGE_BYTES_MAX } from "../limits.ts";
import type { ArchiveFile } from "./tar-archive.ts";

const gzipAsync = promisify(gzip);

const SKIPPED: ReadonlySet<string> = new Set(["node_modules", ".git"]);
const EPOCH = new Date(0);
// RFC 1952 §2.3.1: "unknown", so that the system that packs does not show.
const GZIP_OS_OFFSET = 9;
const GZIP_OS_UNKNOWN = 255;

/**
 * Packs everything but node_modules and .git, as Fabric's tools lay it out: sources below src/, META-INF beside it.
 * Rejects with `ChaincodeError` ("invalid-package") without a package.json, for links, and for too much.
 */
export async function packageFolder(directory: string, label: string): Promise<Uint8Array> {
  checkLabel(label);
  const files = await readFolder(directory);
  if (!files.some(({ path }) => path === "package.json")) {
    throw invalid(`${directory} holds no package.json: name the folder of a contract`);
  }
  const code = await archiveOf(
    files.map(({ path, bytes }) => ({
      path: path.startsWith("META-INF/") ? path : `src/${path}`,
      bytes,
    })),
  );
  return packageCode({ type: "node", label }, code);
}

/** Makes an installable package of type `ccaas`: a contract that runs by itself at `address` (host:port). */
export async function packageService(
  connection: Readonly<Record<string, unknown>>,
  label: string,
): Promise<Uint8Array> {
  checkLabel(label);
  const bytes = utf8(JSON.stringify(connection));
  const code = await archiveOf([{ path: "connection.json", bytes }]);
  return packageCode({ type: "ccaas", label }, code);
}

/** Makes an installable package of type `in-process`, without code: only a peer that is given the contract can run it. */
export async function packageInProcess(label: string): Promise<Uint8Array> {
  checkLabel(label);
  return packageCode({ type: "in-process", label }, await archiveOf([]));
}

async function packageCode(
  { type, label }: { readonly type: string; readonly label: string },
  code: Uint8Array,
): Promise<Uint8Array> {
  const metadata = utf8(JSON.stringify({ path: "", type, label }));
  const bytes = await archiveOf([
    { path: "metadata.json", bytes: metadata },
    { path: "code.tar.gz", bytes: code },
  ]);
  if (bytes.length <= PACKAGE_BYTES_MAX) return bytes;
  throw invalid(
    `the package has ${bytes.length} bytes, more than ${PACKAGE_BYTES_MAX}: remove what the contract does not need`,
  );
}

async function readFolder(directory: string): Promise<readonly ArchiveFile[]> {
  const paths: string[] = [];
  await collectPaths(directory, "", paths);
  paths.sort(compareUtf8);
  const files: ArchiveFile[] = [];
  let totalBytes = 0;
  for (const path of paths) {
    const bytes = new Uint8Array(await readFile(join(directory, path)));
    totalBytes += bytes.length;
    if (totalBytes > ARCHIVE_BYTES_MAX) {
      throw invalid(`${directory} holds more than ${ARCHIVE_BYTES_MAX} bytes`);
    }
    files.push({ path, bytes });
  }
  return files;
}

async function collectPaths(directory: string, prefix: string, paths: string[]): Promise<void> {
  for (const entry of await readdir(join(directory, prefix), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = prefix + entry.name;
    if (entry.isDirectory()) await collectPaths(directory, `${path}/`, paths);
    else if (entry.isFile()) paths.push(path);
    else throw invalid(`${path} is neither a file nor a folder: replace links by what they mean`);
    if (paths.length > ARCHIVE_ENTRIES_MAX) {
      throw invalid(`${directory} holds more than ${ARCHIVE_ENTRIES_MAX} files`);
    }
  }
}

async function archiveOf(files: readonly ArchiveFile[]): Promise<Uint8Array> {
  const tar = pack();
  for (const { path, bytes } of files) {
    const header = { name: path, mode: 0o644, uid: 0, gid: 0, mtime: EPOCH };
    tar.entry(header, Buffer.from(bytes));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const zipped = await gzipAsync(Buffer.concat(chunks), { level: 9 });
  zipped[GZIP_OS_OFFSET] = GZIP_OS_UNKNOWN;
  return new Uint8Array(zipped);
}

function invalid(reason: string): ChaincodeError {
  return new ChaincodeError("invalid-package", reason);
}
