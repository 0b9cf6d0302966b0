import { Client, credentials, type ClientOptions } from "@grpc/grpc-js";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageFolder, packageInProcess } from "../chaincode/adapters/package-folder.ts";
import { ContractRuntime, type Contract } from "../contract/index.ts";
import type { DirectionFaults, DiskFaults, Failpoint } from "../faults/index.ts";
import { GrpcDialer } from "../kernel/adapters/grpc-dialer.ts";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import type { RpcChannel } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import {
  deployChaincode,
  FabricClient,
  nodeNamed,
  requireStep,
  type ChaosSite,
  type Collection,
  type DeployedChaincode,
  type NetworkLayout,
  type NodeFigures,
  type PeerSite,
  type Topology,
} from "../network/index.ts";
import { TestNetworkError } from "./errors.ts";
import { member, type Member } from "./member.ts";
import { TestSite } from "./test-site.ts";
import { TestClient } from "./test-client.ts";
import { TestFaults } from "./test-faults.ts";
import { TestNode } from "./test-node.ts";

export interface TestNetworkParts {
  /** Removed with everything in it when the network is closed. */
  readonly scratch: string;
  readonly layout: NetworkLayout;
  readonly topology: Topology;
}

/** What `connect` of `@hyperledger/fabric-gateway` takes. */
export interface GatewayOptions {
  readonly client: Client;
  readonly identity: { readonly mspId: string; readonly credentials: Uint8Array };
  readonly signer: (message: Uint8Array) => Promise<Uint8Array>;
  /** The signer hashes what it signs. */
  readonly hash: (message: Uint8Array) => Uint8Array;
}

export interface Deployment {
  /** Name to call the contract by. */
  readonly name: string;
  readonly contract: Contract;
  /** Private collections that the contract uses. */
  readonly collections?: readonly Collection[];
}

const POLL_MS = 5;
const READY_TIMEOUT_MS = 30_000;
const LEVEL_TIMEOUT_MS = 30_000;

/** A network of `startNetwork`. Nodes are named in full or by their first labels: `orderer2`, `peer0.org1`. */
export class TestNetwork {
  readonly channelId: string;
  readonly #parts: TestNetworkParts;
  readonly #nodes: readonly TestNode[];
  readonly #faults: TestFaults;
  readonly #members: readonly Member[];
  readonly #contracts: Map<string, Contract>;
  readonly #channels = new Map<string, RpcChannel>();
  readonly #clients: Client[] = [];
  #closing: Promise<void> | undefined;

  private constructor(
    parts: TestNetworkParts,
    members: readonly Member[],
    contracts: Map<string, Contract>,
  ) {
    this.#parts = parts;
    this.#members = members;
    this.#contracts = contracts;
    this.channelId = parts.topology.channelId;
    this.#nodes = nodesOf(parts, contracts);
    this.#faults = new TestFaults(this.#nodes);
  }

  /** `startNetwork` calls it. */
  static async start(parts: TestNetworkParts): Promise<TestNetwork> {
    const { layout, topology } = parts;
    const members = await Promise.all(topology.organizations.map((each) => member(layout, each)));
    const network = new TestNetwork(parts, members, new Map());
    try {
      const started = await Promise.allSettled(network.#nodes.map((node) => node.start()));
      for (const result of started) if (result.status === "rejected") throw result.reason;
      await network.untilReady();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Names of all nodes, orderers first. */
  get nodes(): readonly string[] {
    return this.#nodes.map(({ name }) => name);
  }

  get orderers(): readonly string[] {
    return this.#parts.topology.orderers.map(({ name }) => name);
  }

  get peers(): readonly string[] {
    return this.#peerSites.map(({ name }) => name);
  }

  /** The folder with the nodes' data and logs, until `close`. */
  get directory(): string {
    return this.#parts.layout.directory;
  }

  /** `Org1`, `org1` or `Org1MSP`. `peer`: through whom; default the organisation's first. */
  client(organization: string, options: { readonly peer?: string } = {}): TestClient {
    const found = this.#member(organization);
    const site =
      options.peer === undefined ? found.organization.peers[0] : this.#site(options.peer);
    return new TestClient(this.#fabricClient(found, found.user, site), this.channelId);
  }

  /** A connection and an identity for Fabric's own client; `close` ends the connection. */
  gatewayOptions(organization: string): GatewayOptions {
    const { organization: found, user, userCertificate, tlsRoot } = this.#member(organization);
    const site = found.peers[0];
    if (site === undefined)
      throw new TestNetworkError("unknown name", `${found.mspId} has no peer`);
    const options: ClientOptions = {
      "grpc.ssl_target_name_override": site.name,
      "grpc.default_authority": site.name,
      // Two networks in one process must not share connections.
      "grpc.use_local_subchannel_pool": 1,
    };
    const tls = credentials.createSsl(Buffer.from(tlsRoot));
    const client = new Client(`127.0.0.1:${site.port}`, tls, options);
    this.#clients.push(client);
    return {
      client,
      identity: { mspId: found.mspId, credentials: userCertificate },
      signer: (message) => user.sign(message),
      hash: (message) => message,
    };
  }

  /**
   * Deploys to every organisation and resolves once it can be called: a contract's folder, which runs as a process of its own, or
   * functions, which run in this one.
   */
  async deploy(source: string | Deployment): Promise<DeployedChaincode> {
    const isFolder = typeof source === "string";
    const name = isFolder ? (resolve(source).split("/").at(-1) ?? "contract") : source.name;
    const label = labelOf(name);
    if (!isFolder) this.#contracts.set(label, source.contract);
    const request = {
      channelId: this.channelId,
      name,
      version: "1",
      package: await (isFolder ? packageFolder(source, label) : packageInProcess(label)),
      policy: undefined,
      initRequired: false,
      ...(!isFolder && source.collections && { collections: source.collections }),
    };
    const organizations = this.#members.map((each) => ({
      mspId: each.organization.mspId,
      admin: this.#fabricClient(each, each.admin, each.organization.peers[0]),
      peers: each.organization.peers.map((site) => this.#channel(site)),
    }));
    return deployChaincode(organizations, request, () => undefined);
  }

  /** Whether a contract of functions was deployed by this name. */
  hasDeployed(name: string): boolean {
    return this.#contracts.has(labelOf(name));
  }

  /** Cuts the groups off from each other until `heal`; nodes in no group reach all. Clients reach every node. */
  partition(
    groups: readonly (readonly string[])[],
    options: { readonly oneWay?: boolean } = {},
  ): Promise<void> {
    this.#faults.partition(groups, options.oneWay ?? false);
    return Promise.resolve();
  }

  /** Cuts a node off from all others until `heal`. */
  isolate(name: string): Promise<void> {
    const { name: alone } = this.#faults.node(name);
    return this.partition([[alone], this.nodes.filter((other) => other !== alone)]);
  }

  /** What `from` sends to `to`, and what comes back over its calls, suffers `faults` until `heal`. */
  degrade(from: string, to: string, faults: Partial<DirectionFaults>): Promise<void> {
    this.#faults.degrade(from, to, faults);
    return Promise.resolve();
  }

  /** Breaks all connections between two nodes, once. */
  resetConnections(a: string, b: string): Promise<void> {
    this.#faults.reset(a, b);
    return Promise.resolve();
  }

  /** The node's logs and block files suffer `faults` until `heal`; a peer's state, which LMDB writes, does not. */
  disk(name: string, faults: Partial<DiskFaults>): Promise<void> {
    this.#faults.disk(name, faults);
    return Promise.resolve();
  }

  /** The node's time of day is off by so much until `heal`; its timeouts keep their length. */
  clock(name: string, offsetMs: number): Promise<void> {
    this.#faults.clock(name, offsetMs);
    return Promise.resolve();
  }

  /** Takes all faults back. Nodes that were killed stay so. */
  heal(): Promise<void> {
    this.#faults.heal();
    return Promise.resolve();
  }

  /**
   * Ends a node without a farewell to the others. It closes its files in order: what a process loses when it is killed in the
   * middle of a write shows only on a network of processes.
   */
  async kill(name: string): Promise<void> {
    const node = this.#faults.node(name);
    await node.kill(this.#othersThan(node.name));
  }

  /**
   * Ends a node as `kill` does, and lets its disk lose what was not flushed: of its logs and block files, any part of that may be
   * left, as the seed chooses. A peer's state, which LMDB writes, is left whole.
   */
  async losePower(name: string, options: { readonly seed?: number } = {}): Promise<void> {
    const node = this.#faults.node(name);
    await node.losePower({ seed: options.seed ?? 1 }, this.#othersThan(node.name));
  }

  /**
   * Ends a node the next time that it takes a durable step of this name, such as `log segment flushed`: right after it, or right
   * before. `powerLoss`: its power goes then too. Waits for nothing: the step may never come. `heal` takes it back.
   */
  crashAt(
    name: string,
    step: string,
    options: Partial<Omit<Failpoint, "step">> = {},
  ): Promise<void> {
    const node = this.#faults.node(name);
    requireStep(node.role, step);
    node.expectDeath(this.#othersThan(node.name));
    this.#faults.crashAt(node.name, { moment: "after", ...options, step });
    return Promise.resolve();
  }

  /** Starts a node that was killed, from what is on its disk. */
  async restart(name: string): Promise<void> {
    await this.#faults.node(name).start();
  }

  /** Drives load, applies faults to this network, and judges what its ledgers hold: `chaos`. */
  get chaosSite(): ChaosSite {
    return new TestSite(this, this.#faults, (site) => this.#clientOf(site));
  }

  /** Blocks of each running node. */
  async heights(): Promise<ReadonlyMap<string, number>> {
    const figures = await this.#figures();
    return new Map([...figures].map(([name, { height }]) => [name, height ?? 0]));
  }

  /** The orderer that says it leads; of several, while the network is cut, the first. */
  async leader(): Promise<string | undefined> {
    const figures = await this.#figures();
    return [...figures].find(([, { isLeader }]) => isLeader === true)?.[0];
  }

  /** Resolves with the height when all running nodes have the same; rejects after `timeoutMs`, 30,000 by default. */
  async level(options: { readonly timeoutMs?: number } = {}): Promise<number> {
    const timeoutMs = options.timeoutMs ?? LEVEL_TIMEOUT_MS;
    let seen: ReadonlyMap<string, number> = new Map();
    const areLevel = async (): Promise<boolean> => {
      seen = await this.heights();
      return new Set(seen.values()).size === 1;
    };
    await this.#until(areLevel, timeoutMs, () => {
      const heights = [...seen].map(([name, height]) => `${name} ${height}`);
      return `the nodes are not level: ${heights.join(", ")}`;
    });
    return [...seen.values()][0] ?? 0;
  }

  /** Resolves when there is a leader and every running peer knows all other running peers. */
  async untilReady(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      const figures = await this.#figures();
      const hasLeader = [...figures.values()].some(({ isLeader }) => isLeader === true);
      const running = this.peers.filter((name) => figures.has(name));
      const known = running.map((name) => figures.get(name)?.otherPeerCount ?? 0);
      return hasLeader && known.every((count) => count >= running.length - 1);
    };
    await this.#until(
      isReady,
      options.timeoutMs ?? READY_TIMEOUT_MS,
      () => `no leader, or peers that have not met; see the logs in ${this.directory}`,
    );
  }

  /** Ends everything and removes the folder. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const channel of this.#channels.values()) channel.close();
    for (const client of this.#clients) client.close();
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await rm(this.#parts.scratch, { recursive: true, force: true });
  }

  #othersThan(name: string): readonly string[] {
    return this.nodes.filter((other) => other !== name);
  }

  get #peerSites(): readonly PeerSite[] {
    return this.#parts.topology.organizations.flatMap(({ peers }) => peers);
  }

  #site(name: string): PeerSite {
    const whole = nodeNamed(name, this.peers);
    const found = this.#peerSites.find((site) => site.name === whole);
    if (found === undefined) throw new TestNetworkError("unknown name", `there is no peer ${name}`);
    return found;
  }

  #member(name: string): Member {
    const wanted = name.toLowerCase().replace(/msp$/, "");
    const found = this.#members.find(({ organization }) => organization.shortName === wanted);
    if (found !== undefined) return found;
    const known = this.#members.map(({ organization }) => organization.shortName).join(", ");
    throw new TestNetworkError("unknown name", `there is no organisation ${name}, but ${known}`);
  }

  #fabricClient(from: Member, signer: Signer, site: PeerSite | undefined): FabricClient {
    if (site === undefined) {
      throw new TestNetworkError("unknown name", `${from.organization.mspId} has no peer`);
    }
    const source = { signer, clock: systemClock, random: systemRandom };
    return new FabricClient(source, this.#channel(site));
  }

  #clientOf(site: string): FabricClient {
    const found = this.#site(site);
    const home = this.#members.find(({ organization }) => organization.mspId === found.mspId);
    if (home === undefined) throw new TestNetworkError("unknown name", `nobody owns ${site}`);
    return this.#fabricClient(home, home.user, found);
  }

  #channel(site: PeerSite): RpcChannel {
    const known = this.#channels.get(site.name);
    if (known !== undefined) return known;
    const roots = this.#members.find(({ organization }) => organization.mspId === site.mspId);
    const channel = new GrpcDialer({}).dial({
      address: `127.0.0.1:${site.port}`,
      tls: { rootsPem: roots === undefined ? [] : [roots.tlsRoot], serverName: site.name },
    });
    this.#channels.set(site.name, channel);
    return channel;
  }

  async #figures(): Promise<ReadonlyMap<string, NodeFigures>> {
    const figures = new Map<string, NodeFigures>();
    for (const node of this.#nodes) {
      const found = await node.figures(this.channelId);
      if (found !== undefined) figures.set(node.name, found);
    }
    return figures;
  }

  async #until(
    holds: () => Promise<boolean>,
    timeoutMs: number,
    complaint: () => string,
  ): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await holds())) {
      if (this.#closing !== undefined)
        throw new TestNetworkError("closed", "the network is closed");
      if (performance.now() > deadlineMs) {
        throw new TestNetworkError("timed out", `after ${timeoutMs} ms ${complaint()}`);
      }
      await delay(POLL_MS);
    }
  }
}

function labelOf(name: string): string {
  return `${name}_1`;
}

function nodesOf(
  { layout, topology }: TestNetworkParts,
  contracts: ReadonlyMap<string, Contract>,
): readonly TestNode[] {
  const orderers = topology.orderers.map(
    ({ name }) => new TestNode({ name, role: "orderer", layout: layout.node(name), runtimes: [] }),
  );
  const peers = topology.organizations
    .flatMap((organization) => organization.peers)
    .map(({ name, chaincodePort }) => {
      const runtimes = [contractRuntime(contracts, `127.0.0.1:${chaincodePort}`, name)];
      return new TestNode({ name, role: "peer", layout: layout.node(name), runtimes });
    });
  return [...orderers, ...peers];
}

function contractRuntime(
  contracts: ReadonlyMap<string, Contract>,
  address: string,
  serverName: string,
): ContractRuntime {
  return new ContractRuntime({
    contracts,
    dial: (credentials) =>
      new GrpcDialer({ clientCertificate: credentials }).dial({
        address,
        tls: { rootsPem: [credentials.listenerRootsPem], serverName },
      }),
  });
}
