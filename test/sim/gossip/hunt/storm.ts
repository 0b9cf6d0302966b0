import type { Random } from "../../../../src/kernel/ports/random.ts";
import type { GossipGroup } from "./gossip-group.ts";

/** Peers that crash and come back, walls, losses, processes that stand still, and orderers out of reach. */
export class Storm {
  readonly #group: GossipGroup;
  readonly #random: Random;

  constructor(group: GossipGroup, random: Random) {
    this.#group = group;
    this.#random = random;
  }

  /** One thing happens. */
  blow(): void {
    const { channel, mesh } = this.#group;
    const size = channel.peers.length;
    const index = this.#random.below(size);
    const peer = channel.peers[index]!;
    switch (this.#random.below(9)) {
      case 0:
      case 1:
        if (!peer.isUp) this.#group.restart(index);
        else if (this.#group.up.length > 3) this.#group.stop(index);
        return;
      case 2: {
        const sides = 2 + this.#random.below(2);
        this.#group.cut((from, to) => from % sides !== to % sides);
        return;
      }
      case 3:
        this.#group.cut((from, to) => from === index && to !== index);
        return;
      case 4:
        this.#group.cut((from, to) => (from === index) !== (to === index));
        return;
      case 5:
        this.#group.cut(() => false);
        return;
      case 6:
        this.#group.lose(this.#random.below(30) / 100);
        return;
      case 7:
        if (peer.isUp) mesh.stall(mesh.peers[index]!, 1_000 + this.#random.below(4_000));
        return;
      case 8:
        for (const deliverer of this.#group.deliverers) deliverer.canReachOrderers = false;
        return;
    }
  }

  /** Everything is well again. */
  end(): void {
    this.#group.cut(() => false);
    this.#group.lose(0);
    for (const peer of this.#group.channel.peers) {
      peer.canReachOrderers = true;
      if (!peer.isUp) this.#group.restart(peer.index);
    }
  }
}
