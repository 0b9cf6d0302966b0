/** A network of whole gossip services under one seed: virtual time, memory network, ledgers in memory, an orderer to pull from. */
import { sha256 } from "../../../src/crypto/index.ts";
import { concatBytes, equalBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import type { Timer } from "../../../src/kernel/ports/timers.ts";
import {
  GossipService,
  type BlockVerdict,
  type ChannelNetwork,
  type GossipOptions,
} from "../../../gossip/service/index.ts";
import { SimAuthority } from "./authority.ts";
import { CountingMeter } from "./counting-meter.ts";
import { SimNetwork } from "./network.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualTime } from "./virtual-time.ts";

export const CHANNEL = "orders";

const DELIVERY_INTERVAL_MS = 20;

export interface PeerPlan {
  readonly name: string;
  readonly mspId: string;
  readonly bootstrap: readonly string[];
  /** Serves and pushes blocks that no orderer has made. */
  readonly isLiar?: boolean;
}

export class World {
  readonly time: VirtualTime = new VirtualTime();
  readonly network: SimNetwork;
  readonly authority: SimAuthority = new SimAuthority();
  /** What the orderers have made. */
  readonly chain: Uint8Array[] = [blockOf(0)];
  readonly peers: Map<string, SimPeer> = new Map<string, SimPeer>();
  readonly #random: SeededRandom;
  readonly channel: ChannelNetwork;
  readonly #timing: Partial<GossipOptions>;

  constructor(seed: number, channel: ChannelNetwork, timing: Partial<GossipOptions> = {}) {
    this.#random = new SeededRandom(seed);
    this.network = new SimNetwork(this.time, new SeededRandom(this.#random.uint32()));
    this.channel = channel;
    this.#timing = timing;
  }

  add(plan: PeerPlan): SimPeer {
    const peer = new SimPeer(this, plan, this.authority.enroll(plan.mspId, plan.name));
    this.peers.set(plan.name, peer);
    return peer;
  }

  get all(): readonly SimPeer[] {
    return [...this.peers.values()];
  }

  get running(): readonly SimPeer[] {
    return this.all.filter((peer) => peer.gossip !== undefined);
  }

  /** Every organisation's deliverers among the running peers. */
  deliverersOf(mspId: string): readonly SimPeer[] {
    return this.running.filter(
      (peer) => peer.plan.mspId === mspId && peer.gossip?.isDeliverer(CHANNEL) === true,
    );
  }

  order(count: number): void {
    for (let index = 0; index < count; index += 1) this.chain.push(blockOf(this.chain.length));
  }

  async startAll(): Promise<void> {
    for (const peer of this.all) await peer.start();
  }

  async stopAll(): Promise<void> {
    for (const peer of this.running) await peer.stop();
  }

  newGossip(peer: SimPeer): GossipService {
    const { plan, signer, address } = peer;
    const gossip = new GossipService(
      {
        signer,
        identities: this.authority,
        ledger: peer,
        sink: peer,
        blockVerifier: peer,
        dialer: this.network.dialer(address, certificateOf(plan.name)),
        tls: { rootsPem: () => [] },
        clock: this.time,
        timers: this.time,
        random: new SeededRandom(this.#random.uint32()),
        logger: silentLogger,
        meter: peer.meter,
      },
      {
        endpoints: { internal: address, external: address },
        bootstrap: plan.bootstrap.map(addressOf),
        timing: this.#timing,
      },
    );
    gossip.joinChannel(CHANNEL, this.channel, [{ name: "basic", version: "1" }]);
    return gossip;
  }
}

/** One peer: its gossip comes and goes with `start` and `stop`, its ledger stays. */
export class SimPeer {
  readonly plan: PeerPlan;
  readonly signer: Signer;
  readonly address: string;
  readonly blocks: Uint8Array[] = [blockOf(0)];
  readonly meter: CountingMeter = new CountingMeter();
  /** Blocks that were offered to this ledger and were not the orderers'. */
  forgedStoredCount = 0;
  forgedSeenCount = 0;
  canReachOrderers = true;
  gossip: GossipService | undefined;
  readonly #world: World;
  #unlisten: () => void = () => undefined;
  #delivery: Timer | undefined;

  constructor(world: World, plan: PeerPlan, signer: Signer) {
    this.#world = world;
    this.plan = plan;
    this.signer = signer;
    this.address = addressOf(plan.name);
  }

  async start(): Promise<void> {
    const gossip = this.#world.newGossip(this);
    this.gossip = gossip;
    const certificate = certificateOf(this.plan.name);
    this.#unlisten = this.#world.network.listen(this.address, gossip.handlers(), certificate);
    await gossip.start();
    this.#delivery = this.#world.time.every(DELIVERY_INTERVAL_MS, () => {
      this.#pullFromOrderer(gossip);
    });
  }

  async stop(): Promise<void> {
    this.#delivery?.cancel();
    this.#unlisten();
    await this.gossip?.close();
    this.gossip = undefined;
  }

  height(): number {
    return this.blocks.length;
  }

  block(_channelId: string, number: number): Promise<Uint8Array | undefined> {
    if (this.plan.isLiar === true) return Promise.resolve(utf8(`forged ${number}`));
    return Promise.resolve(this.blocks[number]);
  }

  offer(_channelId: string, number: number, bytes: Uint8Array): Promise<void> {
    if (number > this.blocks.length) return Promise.reject(new Error(`a hole before ${number}`));
    if (number === this.blocks.length) this.#append(bytes);
    return Promise.resolve();
  }

  verify(_channelId: string, number: number, bytes: Uint8Array): Promise<BlockVerdict> {
    if (number > this.blocks.length) throw new Error("judged before its predecessor is there");
    if (isOrdered(number, bytes)) return Promise.resolve({ ok: true });
    this.forgedSeenCount += 1;
    return Promise.resolve({ ok: false, reason: "not signed by orderers" });
  }

  /** Names of the members that this peer sees, itself included, sorted. */
  seen(): readonly string[] {
    return (this.gossip?.members(CHANNEL) ?? [])
      .map(({ endpoint }) => endpoint.replace(":7051", ""))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  #append(bytes: Uint8Array): void {
    if (!isOrdered(this.blocks.length, bytes)) this.forgedStoredCount += 1;
    this.blocks.push(bytes);
    const chaincodes = [{ name: "basic", version: "1" }];
    this.gossip?.updateChannel(CHANNEL, { height: this.blocks.length, chaincodes });
  }

  #pullFromOrderer(gossip: GossipService): void {
    if (this.plan.isLiar === true) this.#lie(gossip);
    if (!gossip.isDeliverer(CHANNEL)) return;
    if (!this.canReachOrderers) {
      gossip.reportOrdererTrouble(CHANNEL);
      return;
    }
    const number = this.blocks.length;
    const ordered = this.#world.chain[number];
    if (ordered === undefined) return;
    this.#append(ordered);
    gossip.pushBlock(CHANNEL, { number, bytes: ordered });
  }

  /** The next blocks, out of thin air, before any orderer makes them. */
  #lie(gossip: GossipService): void {
    for (let ahead = 0; ahead < 3; ahead += 1) {
      const number = this.blocks.length + ahead;
      gossip.pushBlock(CHANNEL, { number, bytes: utf8(`forged ${number}`) });
    }
  }
}

/** Two organisations, four peers and three, each with one anchor peer and one bootstrap peer. */
export function sevenPeers(
  seed: number,
  liars: readonly string[] = [],
  timing: Partial<GossipOptions> = {},
): World {
  const anchorPeers = [
    { mspId: "Org1MSP", host: "p1", port: 7051 },
    { mspId: "Org2MSP", host: "q1", port: 7051 },
  ];
  const world = new World(seed, { mspIds: ["Org1MSP", "Org2MSP"], anchorPeers }, timing);
  for (const name of ["p1", "p2", "p3", "p4", "q1", "q2", "q3"]) {
    const isFirst = name.startsWith("p");
    world.add({
      name,
      mspId: isFirst ? "Org1MSP" : "Org2MSP",
      bootstrap: [isFirst ? "p1" : "q1"],
      isLiar: liars.includes(name),
    });
  }
  return world;
}

export function addressOf(name: string): string {
  return `${name}:7051`;
}

const ORDERER_SECRET = utf8("only orderers know this");

/** The orderers' block of that number. */
export function blockOf(number: number): Uint8Array {
  const content = utf8(`block ${number}`);
  return concatBytes(content, sha256(ORDERER_SECRET, content));
}

function isOrdered(number: number, bytes: Uint8Array): boolean {
  return equalBytes(bytes, blockOf(number));
}

/** The TLS certificate that a host presents. */
export function certificateOf(name: string): Uint8Array {
  return utf8(`certificate of ${name}`);
}
