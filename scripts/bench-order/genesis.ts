/** Further channels for a development network's orderers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BATCH_SIZE_DEFAULT,
  RAFT_OPTIONS_DEFAULT,
  buildGenesisBlock,
} from "../../src/channel/index.ts";
import { systemRandom } from "../../src/kernel/adapters/system-random.ts";
import { readMspDirectory } from "../../src/msp/adapters/index.ts";
import type { DevelopmentNetwork } from "../../src/network/index.ts";
import type { Block } from "../../src/wire/index.ts";

/** A channel that all the network's orderers order, with Fabric's default tick. */
export async function genesisOf(
  { layout, topology }: DevelopmentNetwork,
  channelId: string,
): Promise<Block> {
  const { orderers, organizations } = topology;
  const consenters = await Promise.all(
    orderers.map(async (site) => {
      const pem = await readFile(join(layout.orderer(site), "tls", "server.crt"));
      return { host: site.name, port: site.port, clientTlsCertPem: pem, serverTlsCertPem: pem };
    }),
  );
  const domain = orderers[0]?.domain ?? "";
  const ordererMsp = join(layout.ordererOrganization(domain), "msp");
  return buildGenesisBlock({
    channelId,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: 500,
    raftOptions: RAFT_OPTIONS_DEFAULT,
    consenters,
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: "OrdererMSP",
        msp: await readMspDirectory(ordererMsp, "OrdererMSP"),
        endpoints: orderers.map(({ name, port }) => `${name}:${port}`),
      },
    ],
    applicationOrganizations: await Promise.all(
      organizations.map(async ({ mspId, domain: organization }) => ({
        name: mspId,
        mspId,
        msp: await readMspDirectory(join(layout.peerOrganization(organization), "msp"), mspId),
        anchorPeers: [],
      })),
    ),
    nonce: systemRandom.bytes(24),
    timestampMs: Date.now(),
  });
}
