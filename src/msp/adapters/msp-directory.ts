import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../kernel/error.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { readPrivateKey } from "../../crypto/adapters/private-key.ts";
import { decodePem } from "../../crypto/index.ts";
import { create, FabricMSPConfig } from "../../wire/index.ts";
import { MspError } from "../errors.ts";
import { readNodeOusFile } from "./node-ous-file.ts";
import { createSigner, isKeyOf } from "./signer.ts";

/**
 * The configuration of an organisation from a directory of Fabric's layout: `cacerts` (at least one), `intermediatecerts`,
 * `admincerts`, `crls`, `tlscacerts`, `tlsintermediatecerts` and `config.yaml`; all of it public. Files that hold no PEM are
 * skipped, as are directories. Throws `MspError` ("not-found", "malformed"); `Msp.fromConfig` judges the content.
 */
export async function readMspDirectory(directory: string, mspId: string): Promise<FabricMSPConfig> {
  const read = (name: string): Promise<readonly Uint8Array[]> =>
    readPemFiles(join(directory, name));
  const rootCerts = await read("cacerts");
  if (rootCerts.length === 0) {
    const where = join(directory, "cacerts");
    throw new MspError("not-found", `no CA certificate in ${where}: put the organisation's there`);
  }
  const tlsRootCerts = await read("tlscacerts");
  return create(FabricMSPConfig, {
    name: mspId,
    rootCerts: [...rootCerts],
    intermediateCerts: [...(await read("intermediatecerts"))],
    admins: [...(await read("admincerts"))],
    revocationList: [...(await read("crls"))],
    tlsRootCerts: [...tlsRootCerts],
    tlsIntermediateCerts: tlsRootCerts.length > 0 ? [...(await read("tlsintermediatecerts"))] : [],
    cryptoConfig: { signatureHashFamily: "SHA2", identityIdentifierHashFunction: "SHA256" },
    ...(await readNodeOusFile(directory)),
  });
}

/**
 * The signer of the member whose directory this is: the certificate in `signcerts`, and of the files in `keystore`, whatever
 * their names, the key that belongs to it. Throws `MspError` ("not-found"), `CryptoError` ("wrong-passphrase").
 */
export async function readSigner(
  directory: string,
  mspId: string,
  options: { readonly passphrase?: string } = {},
): Promise<Signer> {
  const [certificatePem] = await readPemFiles(join(directory, "signcerts"));
  if (certificatePem === undefined) {
    const where = join(directory, "signcerts");
    throw new MspError("not-found", `no certificate in ${where}: enroll the member first`);
  }
  const keystore = join(directory, "keystore");
  const candidates = await readPemFiles(keystore);
  const privateKeyPem = candidates.find((pem) => isUsable(pem, certificatePem, options.passphrase));
  if (privateKeyPem === undefined) {
    const message = `none of the ${candidates.length} keys in ${keystore} belongs to the certificate in signcerts`;
    throw new MspError("not-found", `${message}: take both from one enrollment`);
  }
  return createSigner({ mspId, certificatePem, privateKeyPem, ...options });
}

// A keystore may hold keys of other members, in other formats. One that needs a passphrase is not passed over.
function isUsable(pem: Uint8Array, certificatePem: Uint8Array, passphrase?: string): boolean {
  if (decodePem(pem)?.label.endsWith("PRIVATE KEY") !== true) return false;
  return isKeyOf(readPrivateKey(pem, passphrase), certificatePem);
}

async function readPemFiles(directory: string): Promise<readonly Uint8Array[]> {
  const files: Uint8Array[] = [];
  for (const name of await fileNames(directory)) {
    const content = new Uint8Array(await readFile(join(directory, name)));
    if (decodePem(content) !== undefined) files.push(content);
  }
  return files;
}

// Sorted, so that a configuration is the same on every machine. None when there is no such directory.
async function fileNames(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    const message = `cannot read ${directory}: ${errorMessage(error)}`;
    throw new MspError("not-found", message, { cause: error });
  }
}
