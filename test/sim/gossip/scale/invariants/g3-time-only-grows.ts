import { peerNumber } from "../peer-name.ts";
import type { PeerTime } from "../../../../../gossip/core/index.ts";
import type { MeshWorld } from "../mesh-world.ts";

/** G3: what a peer holds of another only becomes newer, while it runs. To be looked at again and again. */
export class OnlyNewer {
  readonly #world: MeshWorld;
  readonly #held = new Map<string, PeerTime>();

  constructor(world: MeshWorld) {
    this.#world = world;
  }

  violation(): string | undefined {
    for (const observer of this.#world.up) {
      for (const { peer, time } of observer.mesh.alive()) {
        const key = `${observer.index} ${observer.incarnation} ${peer}`;
        const before = this.#held.get(key);
        this.#held.set(key, time);
        if (before === undefined || !isOlder(time, before)) continue;
        return `peer ${observer.index} goes back to an older claim of ${peerNumber(peer)}`;
      }
    }
    return undefined;
  }
}

function isOlder(time: PeerTime, than: PeerTime): boolean {
  if (time.incarnation !== than.incarnation) return time.incarnation < than.incarnation;
  return time.sequence < than.sequence;
}
