/** A network of real processes on this machine, in one folder: made, started, stopped and spoken to. */
import { readFile, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { utf8 } from "../kernel/bytes.ts";
import { GrpcDialer } from "../kernel/adapters/grpc-dialer.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { systemTimers } from "../kernel/adapters/system-timers.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { RpcChannel } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { MspCache } from "../msp/index.ts";
import { readSigner } from "../msp/adapters/msp-directory.ts";
import {
  decode,
  encode,
  QueryChaincodeDefinitionsArgs,
  QueryChaincodeDefinitionsResult,
} from "../wire/index.ts";
import { deployChaincode, type DeployedChaincode, type DeployRequest } from "./client/deploy.ts";
import { FabricClient } from "./client/fabric-client.ts";
import { adminOverTls } from "./client/admin-over-tls.ts";
import { OrdererAdmin } from "./client/orderer-admin.ts";
import type { OrdererAt, OrdererCluster } from "./client/orderer-cluster.ts";
import { NetworkError } from "./errors.ts";
import { NetworkLayout } from "./layout.ts";
import { readFolder } from "./manifest.ts";
import { NetworkNamespaces } from "./namespaces.ts";
import { readNodeFigures } from "./node-figures.ts";
import { nodeNamed } from "./node-names.ts";
import type { NodeStatus } from "./node-status.ts";
import {
  requirePortsFree,
  runningNode,
  startNode,
  stopNode,
  type NodeProcess,
} from "./processes.ts";
import {
  dialAddressOf,
  hostOf,
  nodesOf,
  planTopology,
  portsOf,
  type OrdererSite,
  type PeerOrganization,
  type PeerSite,
  type Topology,
  type TopologyOptions,
} from "./topology.ts";

/** Nodes that run but have not found each other by then have a fault. */
const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 25;

export class DevelopmentNetwork implements OrdererCluster {
  readonly clock: Clock = systemClock;
  readonly timers: Timers = systemTimers;
  readonly random: Random = systemRandom;
  readonly msps: MspCache = new MspCache();
  readonly topology: Topology;
  readonly layout: NetworkLayout;
  /** As the manifest has them. */
  readonly options: TopologyOptions;
  /** Undefined: all nodes share the machine's loopback. */
  readonly namespaces: NetworkNamespaces | undefined;
  readonly #channels = new Map<string, RpcChannel>();

  private constructor(layout: NetworkLayout, options: TopologyOptions) {
    this.layout = layout;
    this.options = options;
    this.topology = planTopology(options);
    const { namespaceSubnet: subnet } = options;
    this.namespaces =
      subnet === undefined ? undefined : new NetworkNamespaces(subnet, nodesOf(this.topology));
  }

  /**
   * The network in `directory`; made there when the folder is absent or empty.
   * Rejects when the folder holds anything else. `options` count only for a new network.
   */
  static async openOrCreate(
    directory: string,
    options: TopologyOptions,
    onStep: (text: string) => void,
  ): Promise<{ readonly network: DevelopmentNetwork; readonly created: boolean }> {
    const layout = new NetworkLayout(resolve(directory));
    const state = await readFolder(layout);
    if (state.kind === "foreign") throw foreignFolder(layout);
    if (state.kind === "absent") {
      const topology = planTopology(options);
      if (options.namespaceSubnet === undefined) await requirePortsFree(portsOf(topology));
      onStep("issuing certificates and writing the genesis block");
      // Loaded for a new network only: issuing certificates takes 260 modules.
      const { writeNetwork } = await import("./material.ts");
      await writeNetwork(layout.directory, topology, options);
    }
    const inForce = state.kind === "network" ? state.options : options;
    return { network: new DevelopmentNetwork(layout, inForce), created: state.kind === "absent" };
  }

  /** The network in `directory`, which must hold one. */
  static async open(directory: string): Promise<DevelopmentNetwork> {
    const layout = new NetworkLayout(resolve(directory));
    const state = await readFolder(layout);
    if (state.kind === "network") return new DevelopmentNetwork(layout, state.options);
    throw state.kind === "foreign"
      ? foreignFolder(layout)
      : new NetworkError(
          "unusable folder",
          `there is no network in ${layout.directory}; make one with \`heddle up\`, or name its folder with --dir`,
          { data: { directory: layout.directory } },
        );
  }

  get orderers(): readonly OrdererSite[] {
    return this.topology.orderers;
  }

  get peers(): readonly PeerSite[] {
    return this.topology.organizations.flatMap((organization) => organization.peers);
  }

  /** Starts every node and resolves when all of them serve. Stops them again when one fails. */
  async start(): Promise<void> {
    const running = (await this.status()).filter(({ pid }) => pid !== undefined);
    if (running.length > 0) {
      throw new NetworkError(
        "already running",
        `${running.map(({ name }) => name).join(", ")} already running; see \`heddle status\`, or stop with \`heddle down\``,
      );
    }
    if (this.namespaces === undefined) await requirePortsFree(portsOf(this.topology));
    else await this.namespaces.raise();
    const started = await Promise.allSettled(this.#nodes().map((node) => startNode(node)));
    const failed = started.find((result) => result.status === "rejected");
    if (failed === undefined) {
      for (const result of started) if (result.status === "fulfilled") result.value.unref();
      return;
    }
    await this.stop();
    throw failed.reason;
  }

  /** Resolves when the orderers have a leader and every peer knows all the others; rejects after a while. */
  async untilReady(): Promise<void> {
    const nodes = await this.status();
    const otherPeerCount = this.peers.length - 1;
    const deadlineMs = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      const figures = await Promise.all(
        nodes.map((node) => readNodeFigures(node, this.topology.channelId)),
      );
      const hasLeader = figures.some((node) => node?.isLeader === true);
      const apart = nodes.filter(
        ({ role }, index) =>
          role === "peer" && (figures[index]?.otherPeerCount ?? 0) < otherPeerCount,
      );
      if (hasLeader && apart.length === 0) return;
      if (Date.now() > deadlineMs) {
        const what = hasLeader
          ? `${apart.map(({ name }) => name).join(", ")} did not find all other peers`
          : "the orderers elected no leader";
        throw new NetworkError(
          "node failed",
          `the network runs, but after ${READY_TIMEOUT_MS} ms ${what}; see the logs in ${join(this.layout.directory, "nodes")}`,
        );
      }
      await delay(READY_POLL_MS);
    }
  }

  /** Whether the channel holds a definition of that name. */
  async isDeployed(name: string): Promise<boolean> {
    const [organization] = this.topology.organizations;
    if (organization === undefined) return false;
    const client = await this.client(organization, "User1");
    const argument = encode(QueryChaincodeDefinitionsArgs, {});
    const { payload } = await client.evaluate({
      channelId: this.topology.channelId,
      chaincode: "_lifecycle",
      args: [utf8("QueryChaincodeDefinitions"), argument],
    });
    return decode(QueryChaincodeDefinitionsResult, payload).chaincodeDefinitions.some(
      (definition) => definition.name === name,
    );
  }

  /** Stops peers, then orderers. Answers the names of those that had been running. */
  async stop(): Promise<readonly string[]> {
    this.close();
    const stopped: string[] = [];
    for (const role of ["peer", "orderer"] as const) {
      await Promise.all(
        this.#nodes()
          .filter((node) => node.role === role)
          .map(async (node) => {
            if (await stopNode(node)) stopped.push(node.name);
          }),
      );
    }
    await this.namespaces?.remove();
    return stopped;
  }

  /** Stops the network and removes its folder. */
  async reset(): Promise<void> {
    await this.stop();
    await rm(this.layout.directory, { recursive: true });
  }

  async status(): Promise<readonly NodeStatus[]> {
    const sites = [...this.topology.orderers, ...this.peers];
    return Promise.all(
      this.#nodes().map(async (node, index) => {
        const site = sites[index];
        if (site === undefined) throw new NetworkError("unknown name", node.name);
        return {
          name: node.name,
          role: node.role,
          mspId: site.mspId,
          address: dialAddressOf(site),
          operationsAddress: dialAddressOf({ ...site, port: site.operationsPort }),
          dataDirectory: node.layout.data,
          pid: (await runningNode(node))?.pid,
        };
      }),
    );
  }

  /** A client of the organisation's first peer, or of another. `user`: `User1` or `Admin`. */
  async client(
    organization: PeerOrganization,
    user: string,
    gateway: PeerSite | undefined = organization.peers[0],
  ): Promise<FabricClient> {
    if (gateway === undefined)
      throw new NetworkError("unknown name", `${organization.mspId} has no peer`);
    await this.#requireUser(organization, user);
    const directory = join(this.layout.user(organization.domain, user), "msp");
    const signer = await readSigner(directory, organization.mspId);
    return new FabricClient(
      { signer, clock: systemClock, random: systemRandom },
      await this.connect(gateway),
    );
  }

  /** Process number of a node; undefined while it does not run. */
  async pidOf(name: string): Promise<number | undefined> {
    const node = this.#nodes().find((each) => each.name === name);
    return node && (await runningNode(node))?.pid;
  }

  async isRunning(name: string): Promise<boolean> {
    return (await this.pidOf(name)) !== undefined;
  }

  async runningPeers(): Promise<readonly PeerSite[]> {
    const running = (await this.status()).filter(({ pid }) => pid !== undefined);
    return this.peers.filter((peer) => running.some(({ name }) => name === peer.name));
  }

  /** A peer of the network and its organisation; named in full or by its first labels (`peer0.org1`). */
  peer(name: string): { readonly site: PeerSite; readonly organization: PeerOrganization } {
    const whole = nodeNamed(
      name,
      this.peers.map((peer) => peer.name),
      "peer",
    );
    for (const organization of this.topology.organizations) {
      const site = organization.peers.find((peer) => peer.name === whole);
      if (site !== undefined) return { site, organization };
    }
    throw new NetworkError("unknown name", `${whole} is of no organisation`);
  }

  /** The administrator of an orderer. */
  async ordererAdmin(name: string): Promise<OrdererAdmin> {
    const site = this.#orderer(name);
    const tls = join(this.layout.ordererAdmin(site.domain), "tls");
    const [rootPem, certificatePem, keyPem] = await Promise.all([
      readFile(join(this.layout.orderer(site), "tls", "ca.crt")),
      readFile(join(tls, "client.crt")),
      readFile(join(tls, "client.key")),
    ]);
    const host = hostOf(site);
    const { adminPort: port } = site;
    return new OrdererAdmin(
      name,
      adminOverTls({ name, host, port, rootPem, certificatePem, keyPem }),
    );
  }

  ordererSigner({ name, mspId }: OrdererAt): Promise<Signer> {
    const { domain } = this.#orderer(name);
    return readSigner(join(this.layout.ordererAdmin(domain), "msp"), mspId);
  }

  logOf(name: string): string {
    return this.layout.node(name).log;
  }

  #orderer(name: string): OrdererSite {
    const site = this.topology.orderers.find((orderer) => orderer.name === name);
    if (site !== undefined) return site;
    throw new NetworkError("unknown name", `there is no orderer ${name}`);
  }

  organization(name: string): PeerOrganization {
    const wanted = name.toLowerCase();
    const found = this.topology.organizations.find(({ shortName, mspId, domain }) =>
      [shortName, mspId.toLowerCase(), domain].includes(wanted),
    );
    if (found !== undefined) return found;
    const known = this.topology.organizations.map(({ shortName }) => shortName).join(", ");
    throw new NetworkError(
      "unknown name",
      `there is no organisation ${name}; the network has ${known}`,
    );
  }

  /** Deploys to every organisation that has peers. */
  async deploy(
    request: Omit<DeployRequest, "channelId">,
    onStep: (text: string) => void,
  ): Promise<DeployedChaincode> {
    const { channelId, organizations } = this.topology;
    const present = await Promise.all(
      organizations
        .filter(({ peers }) => peers.length > 0)
        .map(async (organization) => ({
          mspId: organization.mspId,
          admin: await this.client(organization, "Admin"),
          peers: await Promise.all(organization.peers.map((peer) => this.connect(peer))),
        })),
    );
    return deployChaincode(present, { ...request, channelId }, onStep);
  }

  /** Drops the connections to the nodes; the nodes go on. */
  close(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  async #requireUser({ domain, shortName }: PeerOrganization, user: string): Promise<void> {
    const folders = await readdir(this.layout.users(domain)).catch(() => []);
    const suffix = `@${domain}`;
    const known = folders.flatMap((folder) =>
      folder.endsWith(suffix) ? [folder.slice(0, -suffix.length)] : [],
    );
    if (known.includes(user)) return;
    throw new NetworkError(
      "unknown name",
      `there is no user ${user} of ${shortName}; it has ${known.toSorted().join(", ")}`,
    );
  }

  /** A connection to a peer, which `close` drops. */
  async connect(peer: PeerSite): Promise<RpcChannel> {
    const known = this.#channels.get(peer.name);
    if (known !== undefined) return known;
    const root = await readFile(this.layout.tlsRoot(peer.domain));
    const channel = new GrpcDialer({}).dial({
      address: `${hostOf(peer)}:${peer.port}`,
      tls: { rootsPem: [root], serverName: peer.name },
    });
    this.#channels.set(peer.name, channel);
    return channel;
  }

  /** How to start a node by itself. */
  processOf({ name, role }: Pick<NodeProcess, "name" | "role">): NodeProcess {
    const node = { name, role, layout: this.layout.node(name) };
    return this.namespaces === undefined ? node : { ...node, enter: this.namespaces.enter(name) };
  }

  #nodes(): readonly NodeProcess[] {
    return [
      ...this.topology.orderers.map(({ name }) => ({ name, role: "orderer" as const })),
      ...this.peers.map(({ name }) => ({ name, role: "peer" as const })),
    ].map((node) => this.processOf(node));
  }
}

function foreignFolder(layout: NetworkLayout): NetworkError {
  return new NetworkError(
    "unusable folder",
    `${layout.directory} is not empty and holds no network; choose another folder with --dir`,
    { data: { directory: layout.directory } },
  );
}
