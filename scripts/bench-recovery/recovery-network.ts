/** A network of real processes that loses parts, and what is read off it until it is well again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readSource } from "../../src/cli/commands/deploy.ts";
import { utf8 } from "../../src/kernel/bytes.ts";
import {
  DevelopmentNetwork,
  DevelopmentSite,
  addPeer,
  removePeer,
  type AddPeerReport,
  type PeerSite,
} from "../../src/network/index.ts";
import type { PeerClient } from "../../src/network/index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const SAMPLE = "basic";
const POLL_MS = 10;
const RETRY_MS = 20;
/** What takes longer has not recovered. */
const TIMEOUT_MS = 120_000;

export class RecoveryNetwork {
  readonly site: DevelopmentSite;
  readonly #scratch: string;
  #network: DevelopmentNetwork;
  #clients: readonly PeerClient[] = [];
  #created = 0;

  private constructor(scratch: string, network: DevelopmentNetwork) {
    this.#scratch = scratch;
    this.#network = network;
    this.site = new DevelopmentSite(network);
  }

  static async start(portOffset: number): Promise<RecoveryNetwork> {
    const scratch = await mkdtemp(join(tmpdir(), "heddle-recovery-"));
    const { network } = await DevelopmentNetwork.openOrCreate(
      join(scratch, "network"),
      { ordererCount: 3, peerCountPerOrganization: 2, portOffset },
      () => undefined,
    );
    const started = new RecoveryNetwork(scratch, network);
    try {
      await network.start();
      await network.untilReady();
      await started.#deploy();
      started.#clients = await started.site.clients();
      return started;
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  get peers(): readonly PeerSite[] {
    return this.#network.peers;
  }

  async close(): Promise<void> {
    await this.#network.stop();
    await rm(this.#scratch, { recursive: true, force: true });
  }

  /** Until nobody misses anybody and all have the same blocks. */
  async untilWhole(): Promise<void> {
    await this.#network.untilReady();
    await this.until(async () => new Set(await this.site.heights()).size === 1);
  }

  /** Resolves with the time it took. */
  async until(holds: () => Promise<boolean>): Promise<number> {
    const startMs = performance.now();
    while (!(await holds())) {
      if (performance.now() - startMs > TIMEOUT_MS) throw new Error("the network does not recover");
      await delay(POLL_MS);
    }
    return performance.now() - startMs;
  }

  /** Commits transactions, each in a block of its own, through a peer that has a way to the orderers. */
  async commitSome(count: number, peer: string): Promise<void> {
    const client = this.#clients.find((each) => each.peer === peer);
    for (let index = 0; index < count; index += 1) await this.#commitOne(client);
  }

  /** Resolves as soon as any of the peers' clients has committed a transaction that it began after this call. */
  async untilCommitted(): Promise<void> {
    const abort = new AbortController();
    await Promise.any(this.#clients.map((client) => this.#commitOne(client, abort.signal)));
    abort.abort();
  }

  async heightOf(name: string): Promise<number> {
    return (await this.metric(name, "ledger_blockchain_height")) ?? 0;
  }

  /** Other peers that this one takes for alive. */
  async othersKnownTo(name: string): Promise<number> {
    return (await this.metric(name, "gossip_membership_total_peers_known")) ?? 0;
  }

  async isDeliverer(name: string): Promise<boolean> {
    return (await this.metric(name, "gossip_leader_election_leader")) === 1;
  }

  /** Undefined while the peer does not answer. */
  async metric(name: string, metric: string): Promise<number | undefined> {
    const { operationsPort } = this.#network.peer(name).site;
    const url = `http://127.0.0.1:${operationsPort}/metrics`;
    const text = await fetch(url).then(
      (response) => response.text(),
      () => "",
    );
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${metric}{`));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  /** Adds a peer, waits until it is level, and removes it again. */
  async withJoiner(organization: string): Promise<AddPeerReport> {
    const steps = { step: () => undefined, level: () => undefined };
    const report = await addPeer(this.#network, { organization, install: false }, steps);
    const extended = await DevelopmentNetwork.open(this.#network.layout.directory);
    try {
      await removePeer(extended, report.name);
    } finally {
      extended.close();
    }
    return report;
  }

  async #commitOne(from: PeerClient | undefined, signal?: AbortSignal): Promise<void> {
    if (from === undefined) throw new Error("there is no such peer");
    while (signal?.aborted !== true) {
      this.#created += 1;
      const args = ["CreateAsset", `r${this.#created}`, "red", "1", "me", "1"];
      try {
        await from.client.invoke({
          channelId: this.site.channelId,
          chaincode: SAMPLE,
          args: args.map((text) => utf8(text)),
        });
        return;
      } catch {
        await delay(RETRY_MS);
      }
    }
  }

  async #deploy(): Promise<void> {
    const source = join(root, "config/samples/asset-transfer");
    await this.#network.deploy(
      {
        name: SAMPLE,
        version: "1.0",
        package: await readSource(source, `${SAMPLE}_1.0`),
        policy: undefined,
        initRequired: false,
      },
      () => undefined,
    );
  }
}
