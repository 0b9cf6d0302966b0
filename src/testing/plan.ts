import { CHANNEL_ID, ORDERER_DOMAIN, ORDERER_MSP_ID, type Topology } from "../network/index.ts";
import { freePorts } from "./free-ports.ts";

export interface NetworkSize {
  readonly orderers: number;
  readonly organizations: number;
  readonly peersPerOrganization: number;
}

const PORTS_PER_NODE = 3;

/** The sample network's names, on ports that are free. */
export async function planNetwork(size: NetworkSize): Promise<Topology> {
  const nodeCount = size.orderers + size.organizations * size.peersPerOrganization;
  const ports = [...(await freePorts(nodeCount * PORTS_PER_NODE))];
  const next = (): number => ports.pop() ?? 0;
  return {
    channelId: CHANNEL_ID,
    orderers: count(size.orderers).map((index) => ({
      name: `${index === 0 ? "orderer" : `orderer${index + 1}`}.${ORDERER_DOMAIN}`,
      mspId: ORDERER_MSP_ID,
      domain: ORDERER_DOMAIN,
      port: next(),
      adminPort: next(),
      operationsPort: next(),
    })),
    organizations: count(size.organizations).map((organization) => {
      const shortName = `org${organization + 1}`;
      const mspId = `Org${organization + 1}MSP`;
      const domain = `${shortName}.${ORDERER_DOMAIN}`;
      const peers = count(size.peersPerOrganization).map((peer) => ({
        name: `peer${peer}.${domain}`,
        mspId,
        domain,
        port: next(),
        chaincodePort: next(),
        operationsPort: next(),
      }));
      return { shortName, mspId, domain, peers };
    }),
  };
}

function count(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
