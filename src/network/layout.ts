/** Where things are in a network's folder: the layout that Fabric's users know, and a folder per node. */
import { join } from "node:path";
import type { NodeSite, PeerOrganization } from "./topology.ts";

export class NetworkLayout {
  /** Absolute path of the network's folder. */
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Written last: a folder with it holds a whole network. */
  get manifest(): string {
    return join(this.directory, "network.json");
  }

  get organizations(): string {
    return join(this.directory, "organizations");
  }

  genesisBlock(channelId: string): string {
    return join(this.directory, "channel-artifacts", `${channelId}.block`);
  }

  node(name: string): NodeLayout {
    return new NodeLayout(join(this.directory, "nodes", name));
  }

  ordererOrganization(domain: string): string {
    return join(this.organizations, "ordererOrganizations", domain);
  }

  peerOrganization(domain: string): string {
    return join(this.organizations, "peerOrganizations", domain);
  }

  connectionProfile(organization: PeerOrganization): string {
    return join(
      this.peerOrganization(organization.domain),
      `connection-${organization.shortName}.json`,
    );
  }

  /** `msp` and `tls` of an orderer. */
  orderer(site: NodeSite): string {
    return join(this.ordererOrganization(site.domain), "orderers", site.name);
  }

  /** `msp` and `tls` of a peer. */
  peer(site: NodeSite): string {
    return join(this.peerOrganization(site.domain), "peers", site.name);
  }

  /** `msp` and `tls` of `User1` or `Admin` of a peer organisation. */
  user(domain: string, user: string): string {
    return join(this.users(domain), `${user}@${domain}`);
  }

  /** `msp` and `tls` of the orderers' administrator. */
  ordererAdmin(domain: string): string {
    return join(this.ordererOrganization(domain), "users", `Admin@${domain}`);
  }

  /** A folder for each user, `User1@org1.example.com`. */
  users(domain: string): string {
    return join(this.peerOrganization(domain), "users");
  }

  tlsRoot(domain: string): string {
    return join(this.peerOrganization(domain), "tlsca", `tlsca.${domain}-cert.pem`);
  }
}

export class NodeLayout {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get config(): string {
    return join(this.directory, "config.yaml");
  }

  get data(): string {
    return join(this.directory, "data");
  }

  get log(): string {
    return join(this.directory, "node.log");
  }
}
