/** Copies the packages that channels run from one peer of an organisation to another. */
import { EMPTY_BYTES, utf8 } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import {
  GetInstalledChaincodePackageArgs,
  GetInstalledChaincodePackageResult,
  InstallChaincodeArgs,
  QueryInstalledChaincodesArgs,
  QueryInstalledChaincodesResult,
  decode,
  encode,
} from "../wire/index.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import type { PeerSite } from "./topology.ts";

/** A package that some channel runs, and the chaincodes that it is. */
export interface RunPackage {
  readonly packageId: string;
  readonly chaincodes: readonly string[];
}

/** The packages that `peer` runs. */
export async function runPackages(
  network: DevelopmentNetwork,
  peer: PeerSite,
): Promise<readonly RunPackage[]> {
  const argument = encode(QueryInstalledChaincodesArgs, {});
  const payload = await lifecycle(network, peer, "QueryInstalledChaincodes", argument);
  return decode(QueryInstalledChaincodesResult, payload).installedChaincodes.flatMap(
    ({ packageId, references }) => {
      const chaincodes = [...references.values()].flatMap((reference) =>
        reference.chaincodes.map(({ name }) => name),
      );
      return chaincodes.length === 0 ? [] : [{ packageId, chaincodes: [...new Set(chaincodes)] }];
    },
  );
}

/** Installs at `to` what `from` has under this id. Nothing happens if it is there. */
export async function copyPackage(
  network: DevelopmentNetwork,
  packageId: string,
  { from, to }: { readonly from: PeerSite; readonly to: PeerSite },
): Promise<void> {
  const wanted = encode(GetInstalledChaincodePackageArgs, { packageId });
  const found = await lifecycle(network, from, "GetInstalledChaincodePackage", wanted);
  const { chaincodeInstallPackage } = decode(GetInstalledChaincodePackageResult, found);
  const argument = encode(InstallChaincodeArgs, { chaincodeInstallPackage });
  try {
    await lifecycle(network, to, "InstallChaincode", argument);
  } catch (error) {
    if (!errorMessage(error).includes("already successfully installed")) throw error;
  }
}

async function lifecycle(
  network: DevelopmentNetwork,
  peer: PeerSite,
  method: string,
  argument: Uint8Array,
): Promise<Uint8Array> {
  const { organization } = network.peer(peer.name);
  const admin = await network.client(organization, "Admin", peer);
  const args = [utf8(method), argument];
  const proposal = await admin.prepare({ channelId: "", chaincode: "_lifecycle", args });
  const { response } = await admin.propose(proposal, await network.connect(peer));
  return response?.payload ?? EMPTY_BYTES;
}
