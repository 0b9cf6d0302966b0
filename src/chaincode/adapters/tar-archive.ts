/** Reads the archives of chaincode packages; everything in them comes from a stranger. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { errorMessage } from "../../kernel/error.ts";
import { safeArchivePath } from "../core/archive-path.ts";
import { parsePackageMetadata, type ChaincodePackage } from "../core/package-metadata.ts";
import { ChaincodeError } from "../errors.ts";
import { ARCHIVE_BYTES_MAX, ARCHIVE_ENTRIES_MAX, METADATA_BYTES_MAX } from "../limits.ts";
import type { PackageArchive } from "../ports.ts";

const gunzipAsync = promisify(gunzip);

// Each chunk is a trip through the thread pool: the default of 16 KiB makes thousands of them.
const UNZIP_CHUNK_BYTES = 131_072;

const METADATA_FILE = "metadata.json";
const CODE_FILE = "code.tar.gz";

/** A file of an archive; folders are implied by their files. */
export interface ArchiveFile {
  /** Relative, of plain names only. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The files of a tar.gz in its order. Rejects with `ChaincodeError` ("invalid-package"): damage, links, paths that lead out, size. */
export async function readArchive(bytes: Uint8Array): Promise<readonly ArchiveFile[]> {
  const tar = await unzip(bytes);
  try {
    return await readTar(tar);
  } catch (error) {
    if (error instanceof ChaincodeError) throw error;
    throw invalid(`error inspecting next tar header: ${errorMessage(error)}`, error);
  }
}

export const tarArchive: PackageArchive = {
  async parse(bytes: Uint8Array): Promise<ChaincodePackage> {
    let metadata: Uint8Array | undefined;
    let code: Uint8Array | undefined;
    for (const file of await readArchive(bytes)) {
      if (file.path === METADATA_FILE) metadata = file.bytes;
      else if (file.path === CODE_FILE) code = file.bytes;
      else throw invalid(`unexpected file '${file.path}' in top level of chaincode package`);
    }
    if (code === undefined) throw invalid("did not find a code package inside the package");
    if (metadata === undefined) {
      throw invalid(`did not find any package metadata (missing ${METADATA_FILE})`);
    }
    checkMetadataSize(METADATA_FILE, metadata);
    return { metadata: parsePackageMetadata(metadata), code };
  },
  async readCodeFile(code: Uint8Array, path: string): Promise<Uint8Array | undefined> {
    const bytes = (await readArchive(code)).find((file) => file.path === path)?.bytes;
    if (bytes !== undefined) checkMetadataSize(path, bytes);
    return bytes;
  },
};

async function unzip(bytes: Uint8Array): Promise<Buffer> {
  try {
    const limits = { maxOutputLength: ARCHIVE_BYTES_MAX, chunkSize: UNZIP_CHUNK_BYTES };
    return await gunzipAsync(bytes, limits);
  } catch (error) {
    throw invalid(
      `error reading as gzip stream of at most ${ARCHIVE_BYTES_MAX} bytes: ${errorMessage(error)}`,
      error,
    );
  }
}

async function readTar(tar: Buffer): Promise<readonly ArchiveFile[]> {
  const entries = extract();
  entries.end(tar);
  const files: ArchiveFile[] = [];
  let entryCount = 0;
  for await (const entry of entries) {
    entryCount += 1;
    if (entryCount > ARCHIVE_ENTRIES_MAX) {
      throw invalid(`more than ${ARCHIVE_ENTRIES_MAX} entries in an archive`);
    }
    const path = pathOf(entry.header);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (path !== undefined) files.push({ path, bytes: new Uint8Array(Buffer.concat(chunks)) });
  }
  return files;
}

/** Undefined for a folder. */
function pathOf({ name, type }: Header): string | undefined {
  if (type !== "file" && type !== "directory") {
    throw invalid(`tar entry ${name} is not a regular file, type ${type}`);
  }
  const path = safeArchivePath(name);
  if (type === "directory") {
    if (path === undefined && name !== "./" && name !== ".") throw leadsOut(name);
    return undefined;
  }
  if (path === undefined) throw leadsOut(name);
  return path;
}

function checkMetadataSize(path: string, bytes: Uint8Array): void {
  if (bytes.length <= METADATA_BYTES_MAX) return;
  throw invalid(`${path} has ${bytes.length} bytes, more than the ${METADATA_BYTES_MAX} allowed`);
}

function leadsOut(name: string): ChaincodeError {
  return invalid(`the path '${name.slice(0, 200)}' in an archive is not a plain relative path`);
}

function invalid(reason: string, cause?: unknown): ChaincodeError {
  return new ChaincodeError("invalid-package", reason, cause === undefined ? {} : { cause });
}
