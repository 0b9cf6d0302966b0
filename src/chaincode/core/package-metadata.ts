import { utf8Decode } from "../../kernel/bytes.ts";
import { sha256Hex } from "../../crypto/index.ts";
import { ChaincodeError } from "../errors.ts";
import { LABEL_LENGTH_MAX } from "../limits.ts";

/** The content of a package's metadata.json. */
export interface PackageMetadata {
  /** How to run the code: `node`, `typescript`, `ccaas`, …, in lower case. */
  readonly type: string;
  /** Where the packager found the code; of no use to a peer. */
  readonly path: string;
  readonly label: string;
}

/** An installable package, taken apart. */
export interface ChaincodePackage {
  readonly metadata: PackageMetadata;
  /** code.tar.gz as it came. */
  readonly code: Uint8Array;
}

/** An installed package by its id; the label is part of it. */
export interface InstalledPackage {
  readonly packageId: string;
  readonly label: string;
}

const LABEL = /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/;
const PACKAGE_ID = /^([A-Za-z0-9][A-Za-z0-9_.+-]*):([0-9a-f]{64})$/;
const PACKAGE_FILE = /^(.+)\.([0-9a-f]{64})\.tar\.gz$/;

/** The id under which a package is installed: its label and the hash of the whole file. */
export function packageIdOf(label: string, bytes: Uint8Array): string {
  return `${label}:${sha256Hex(bytes)}`;
}

/** The label in a package id, or undefined when it is no package id. */
export function labelOfPackageId(packageId: string): string | undefined {
  return PACKAGE_ID.exec(packageId)?.[1];
}

/** Fabric's name for the file that keeps a package. Undefined when `packageId` is none: it never leaves the directory. */
export function packageFileName(packageId: string): string | undefined {
  const match = PACKAGE_ID.exec(packageId);
  return match === null ? undefined : `${match[1] ?? ""}.${match[2] ?? ""}.tar.gz`;
}

/** The package id that a file name stands for, or undefined for other files. */
export function packageIdOfFileName(name: string): string | undefined {
  const match = PACKAGE_FILE.exec(name);
  const packageId = `${match?.[1] ?? ""}:${match?.[2] ?? ""}`;
  return PACKAGE_ID.test(packageId) ? packageId : undefined;
}

/** Refuses labels that Fabric refuses, and those too long for a file name. Throws `ChaincodeError` ("invalid-package"). */
export function checkLabel(label: string): void {
  if (LABEL.test(label) && label.length <= LABEL_LENGTH_MAX) return;
  throw new ChaincodeError(
    "invalid-package",
    `invalid label '${label.slice(0, LABEL_LENGTH_MAX)}'. Label must be non-empty, can only consist of alphanumerics, symbols from '.+-_', can only begin with alphanumerics, and has at most ${LABEL_LENGTH_MAX} characters`,
  );
}

/** Reads metadata.json. Throws `ChaincodeError` ("invalid-package"). */
export function parsePackageMetadata(bytes: Uint8Array): PackageMetadata {
  const fields = parseJsonObject(bytes, "metadata.json");
  const label = textField(fields, "label");
  checkLabel(label);
  return { type: textField(fields, "type").toLowerCase(), path: textField(fields, "path"), label };
}

/** A JSON object in `bytes`; `fileName` is for the message. Throws `ChaincodeError` ("invalid-package"). */
export function parseJsonObject(
  bytes: Uint8Array,
  fileName: string,
): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(utf8Decode(bytes));
  } catch (error) {
    throw new ChaincodeError("invalid-package", `could not unmarshal ${fileName} as json`, {
      cause: error,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new ChaincodeError(
    "invalid-package",
    `could not unmarshal ${fileName} as json: not an object`,
  );
}

function textField(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name] ?? "";
  if (typeof value === "string") return value;
  throw new ChaincodeError("invalid-package", `'${name}' in metadata.json must be a string`);
}
