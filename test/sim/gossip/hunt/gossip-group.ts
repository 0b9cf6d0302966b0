/** Peers with both cores, in one virtual time: who is there, and how blocks get about among them. */
import type { GossipOptions, PeerDirectory } from "../../../../gossip/core/index.ts";
import type { Betrayal, ChannelPeer } from "../scale/channel-peer.ts";
import { ChannelWorld } from "../scale/channel-world.ts";
import type { MeshPeer } from "../scale/mesh-peer.ts";
import { MeshWorld } from "../scale/mesh-world.ts";

export interface GroupPlan {
  readonly seed: number;
  readonly size: number;
  readonly options?: Partial<GossipOptions>;
  /** Which peers are such as Fabric's. */
  readonly isPlain: (index: number) => boolean;
  readonly betrayalOf: (index: number) => Betrayal | undefined;
}

export class GossipGroup {
  readonly mesh: MeshWorld;
  readonly channel: ChannelWorld;
  /** When the orderers made each block. */
  readonly madeMs: Map<number, number> = new Map<number, number>();

  constructor({ seed, size, options = {}, isPlain, betrayalOf }: GroupPlan) {
    this.mesh = new MeshWorld({ seed, size, options, isWarm: false, isPlain });
    this.channel = new ChannelWorld({
      seed: seed + 1_000_000,
      size,
      options,
      betrayalOf,
      isElected: true,
      workMsMax: 10,
      storeFailurePercent: 2,
      directoryOf: (index) => this.#directoryOf(this.mesh.peers[index]!),
    });
    this.mesh.observer = {
      joined: (observer, subject) => {
        this.channel.tell(this.#channelPeer(observer), "joined", subject);
      },
      died: (observer, subject) => {
        this.channel.tell(this.#channelPeer(observer), "died", subject);
      },
    };
  }

  get nowMs(): number {
    return this.mesh.nowMs;
  }

  get up(): readonly ChannelPeer[] {
    return this.channel.peers.filter(({ isUp }) => isUp);
  }

  get deliverers(): readonly ChannelPeer[] {
    return this.up.filter(({ channel }) => channel.isDeliverer);
  }

  run(durationMs: number): void {
    for (let left = durationMs; left > 0; left -= 1) {
      this.mesh.run(1);
      this.channel.run(1);
    }
  }

  /** Runs until `condition`, looked at every 50 ms, holds; false when it does not within `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const endMs = this.nowMs + limitMs;
    while (!condition()) {
      if (this.nowMs >= endMs) return false;
      this.run(50);
    }
    return true;
  }

  /** The orderers make a block. */
  order(): void {
    this.madeMs.set(this.channel.orderedHeight, this.nowMs);
    this.channel.orderedHeight += 1;
  }

  stop(index: number): void {
    this.mesh.stop(this.mesh.peers[index]!);
    this.channel.crash(this.channel.peers[index]!);
  }

  restart(index: number): void {
    this.mesh.restart(this.mesh.peers[index]!);
    this.channel.restart(this.channel.peers[index]!);
  }

  cut(isCut: (from: number, to: number) => boolean): void {
    for (const { links } of [this.mesh, this.channel]) links.isCut = isCut;
  }

  lose(lossRate: number): void {
    for (const { links } of [this.mesh, this.channel]) links.lossRate = lossRate;
  }

  #channelPeer({ index }: MeshPeer): ChannelPeer {
    return this.channel.peers[index]!;
  }

  // A restarted peer has another mesh: it is asked for each time.
  #directoryOf(peer: MeshPeer): PeerDirectory {
    return {
      alive: () => peer.mesh.alive(),
      isAlive: (name) => peer.mesh.isAlive(name),
      claimOf: (name) => peer.mesh.claimOf(name),
    };
  }
}
