import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Signer } from "../kernel/ports/signer.ts";
import { readSigner } from "../msp/adapters/msp-directory.ts";
import type { NetworkLayout, PeerOrganization } from "../network/index.ts";

/** An organisation, ready to speak. */
export interface Member {
  readonly organization: PeerOrganization;
  readonly user: Signer;
  readonly admin: Signer;
  readonly userCertificate: Uint8Array;
  readonly tlsRoot: Uint8Array;
}

export async function member(
  layout: NetworkLayout,
  organization: PeerOrganization,
): Promise<Member> {
  const { domain, mspId } = organization;
  const mspOf = (user: string): string => join(layout.user(domain, user), "msp");
  const certificate = join(mspOf("User1"), "signcerts", `User1@${domain}-cert.pem`);
  const [user, admin, userCertificate, tlsRoot] = await Promise.all([
    readSigner(mspOf("User1"), mspId),
    readSigner(mspOf("Admin"), mspId),
    readFile(certificate),
    readFile(layout.tlsRoot(domain)),
  ]);
  return { organization, user, admin, userCertificate, tlsRoot };
}
