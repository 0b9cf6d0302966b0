import { errorMessage } from "../kernel/error.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import {
  labelOfPackageId,
  packageFileName,
  packageIdOf,
  packageIdOfFileName,
  type ChaincodePackage,
  type InstalledPackage,
  type PackageMetadata,
} from "./core/package-metadata.ts";
import { ChaincodeError } from "./errors.ts";
import { PACKAGE_BYTES_MAX } from "./limits.ts";
import type { PackageArchive } from "./ports.ts";

/** What `install` did. */
export interface PackageInstallation extends InstalledPackage {
  readonly metadata: PackageMetadata;
  /** The very same package was there before. */
  readonly wasInstalled: boolean;
}

export interface PackageStoreDeps {
  readonly files: Files;
  readonly archive: PackageArchive;
  readonly logger: Logger;
}

/**
 * The installed packages of a peer, one file each in Fabric's naming, so that a Fabric peer's directory can be taken over.
 * A file is written under another name and renamed, so a crash leaves no half of a package under its id.
 */
export class PackageStore {
  readonly #deps: PackageStoreDeps;
  readonly #directory: string;
  /** Installs run one after another: two of one package would write one file. */
  #lastInstall: Promise<unknown> = Promise.resolve();

  constructor(deps: PackageStoreDeps, options: { readonly directory: string }) {
    this.#deps = deps;
    this.#directory = options.directory;
  }

  /** Checks and keeps a package; durable when it resolves. Idempotent. Rejects with `ChaincodeError` ("invalid-package"). */
  async install(bytes: Uint8Array): Promise<PackageInstallation> {
    if (bytes.length > PACKAGE_BYTES_MAX) {
      throw new ChaincodeError(
        "invalid-package",
        `a package of ${bytes.length} bytes is larger than ${PACKAGE_BYTES_MAX}: leave out what the contract does not need`,
      );
    }
    const { metadata } = await this.#deps.archive.parse(bytes);
    const installation = this.#lastInstall.then(() => this.#keep(metadata, bytes));
    this.#lastInstall = installation.catch(() => undefined);
    return installation;
  }

  /** The installed packages, by id. */
  async list(): Promise<readonly InstalledPackage[]> {
    const names = await this.#deps.files.list(this.#directory);
    return names.flatMap((name) => {
      const packageId = packageIdOfFileName(name);
      const label = packageId === undefined ? undefined : labelOfPackageId(packageId);
      return packageId === undefined || label === undefined ? [] : [{ packageId, label }];
    });
  }

  /** The bytes of a package, or undefined when it is not installed. */
  async read(packageId: string): Promise<Uint8Array | undefined> {
    const name = packageFileName(packageId);
    if (name === undefined) return undefined;
    const path = `${this.#directory}/${name}`;
    if (!(await this.#deps.files.exists(path))) return undefined;
    const file = await this.#deps.files.open(path, { create: false });
    try {
      return await file.readAt(0, await file.size());
    } finally {
      await file.close();
    }
  }

  /** An installed package, taken apart. Rejects with `ChaincodeError` ("package-not-found", "invalid-package"). */
  async open(packageId: string): Promise<ChaincodePackage> {
    const bytes = await this.read(packageId);
    if (bytes === undefined) throw packageNotFound(packageId);
    try {
      return await this.#deps.archive.parse(bytes);
    } catch (error) {
      throw new ChaincodeError(
        "invalid-package",
        `the installed package '${packageId}' is damaged: ${errorMessage(error)}`,
        { cause: error },
      );
    }
  }

  #pathOf(packageId: string): string {
    return `${this.#directory}/${packageFileName(packageId) ?? ""}`;
  }

  async #keep(metadata: PackageMetadata, bytes: Uint8Array): Promise<PackageInstallation> {
    const { label } = metadata;
    const packageId = packageIdOf(label, bytes);
    const path = this.#pathOf(packageId);
    const wasInstalled = await this.#deps.files.exists(path);
    if (!wasInstalled) await this.#write(path, bytes);
    this.#deps.logger.info("chaincode package installed", { packageId, wasInstalled });
    return { packageId, label, metadata, wasInstalled };
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const { files } = this.#deps;
    await files.makeDirectory(this.#directory);
    const partial = `${path}.partial`;
    const file = await files.open(partial, { create: true });
    try {
      await file.truncate(0);
      await file.writeAt(0, bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(partial, path);
    await files.syncDirectory(this.#directory);
  }
}

/** Fabric's words for a package that is not installed. */
export function packageNotFound(packageId: string): ChaincodeError {
  return new ChaincodeError(
    "package-not-found",
    `chaincode install package '${packageId}' not found`,
  );
}
