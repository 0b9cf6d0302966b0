import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { errorMessage } from "../../kernel/error.ts";
import type { FabricMSPConfig, FabricOUIdentifier } from "../../wire/index.ts";
import { MspError } from "../errors.ts";

// Unknown keys are ignored, as Fabric ignores them.
const identifierSchema = z.object({
  Certificate: z.string().optional(),
  OrganizationalUnitIdentifier: z.string().optional(),
});
const fileSchema = z.object({
  OrganizationalUnitIdentifiers: z.array(identifierSchema).nullish(),
  NodeOUs: z
    .object({
      Enable: z.boolean().optional(),
      ClientOUIdentifier: identifierSchema.nullish(),
      PeerOUIdentifier: identifierSchema.nullish(),
      AdminOUIdentifier: identifierSchema.nullish(),
      OrdererOUIdentifier: identifierSchema.nullish(),
    })
    .nullish(),
});

type File = z.infer<typeof fileSchema>;
type Identifier = z.infer<typeof identifierSchema>;

/** What `config.yaml` adds to an organisation's configuration. */
export type NodeOusConfig = Pick<
  FabricMSPConfig,
  "organizationalUnitIdentifiers" | "fabricNodeOus"
>;

const FILE_NAME = "config.yaml";

/** Reads `config.yaml` of an MSP directory; without one nothing is added. Throws `MspError` ("malformed", "not-found"). */
export async function readNodeOusFile(directory: string): Promise<NodeOusConfig> {
  const text = await readOptional(join(directory, FILE_NAME));
  if (text === undefined) return { organizationalUnitIdentifiers: [], fabricNodeOus: undefined };
  const file = parseFile(text, join(directory, FILE_NAME));
  return {
    organizationalUnitIdentifiers: await readIdentifiers(directory, file),
    fabricNodeOus: await readNodeOus(directory, file),
  };
}

/** `config.yaml` that tells the four roles apart by cryptogen's units, certified by the authority in `cacerts/<name>`. */
export function nodeOusFile(authorityFileName: string): string {
  const unit = (name: string): Required<Identifier> => ({
    Certificate: `cacerts/${authorityFileName}`,
    OrganizationalUnitIdentifier: name,
  });
  const file: File = {
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: unit("client"),
      PeerOUIdentifier: unit("peer"),
      AdminOUIdentifier: unit("admin"),
      OrdererOUIdentifier: unit("orderer"),
    },
  };
  // Without anchors: Fabric's tools and people read it.
  return stringify(file, { aliasDuplicateObjects: false });
}

function parseFile(text: string, path: string): File {
  try {
    return fileSchema.parse(parse(text) ?? {});
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
    throw new MspError("malformed", `${path}: ${problem}`, { cause: error });
  }
}

async function readIdentifiers(directory: string, file: File): Promise<FabricOUIdentifier[]> {
  const identifiers = file.OrganizationalUnitIdentifiers ?? [];
  return Promise.all(
    identifiers.map(async (identifier) => {
      const unit = await readUnit(directory, identifier);
      if (unit.certificate.length > 0) return unit;
      const message = `unit '${unit.organizationalUnitIdentifier}' in ${FILE_NAME} names no certificate`;
      throw new MspError("malformed", `${message}: say which authority certifies it`);
    }),
  );
}

async function readNodeOus(
  directory: string,
  file: File,
): Promise<FabricMSPConfig["fabricNodeOus"]> {
  const units = file.NodeOUs;
  if (units?.Enable !== true) return undefined;
  const read = async (
    identifier: Identifier | null | undefined,
  ): Promise<FabricOUIdentifier | undefined> =>
    hasName(identifier) ? readUnit(directory, identifier) : undefined;
  return {
    enable: true,
    clientOuIdentifier: await read(units.ClientOUIdentifier),
    peerOuIdentifier: await read(units.PeerOUIdentifier),
    adminOuIdentifier: await read(units.AdminOUIdentifier),
    ordererOuIdentifier: await read(units.OrdererOUIdentifier),
  };
}

function hasName(identifier: Identifier | null | undefined): identifier is Identifier {
  return (identifier?.OrganizationalUnitIdentifier ?? "") !== "";
}

async function readUnit(directory: string, identifier: Identifier): Promise<FabricOUIdentifier> {
  const { Certificate: path = "", OrganizationalUnitIdentifier: name = "" } = identifier;
  const certificate = path === "" ? new Uint8Array(0) : await readCertificate(directory, path);
  return { certificate, organizationalUnitIdentifier: name };
}

// Fabric only warns when the file is missing, and then admits every authority of the organisation. That loosens what the
// operator asked for without telling, so it is refused here.
async function readCertificate(directory: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(join(directory, path)));
  } catch (error) {
    const message = `${FILE_NAME} names ${path}, which cannot be read: ${errorMessage(error)}`;
    throw new MspError("not-found", message, { cause: error });
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new MspError("not-found", `cannot read ${path}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
