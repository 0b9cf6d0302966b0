/**
 * What is known of many peers, one entry each, in two flat arrays: a hash table of positions and the dense list of entries. A `Map`
 * costs three times the memory, and its entries cannot be drawn at random without a copy.
 *
 * Invariant: every entry's position is in exactly one slot; at most half of the slots are taken.
 */
import type { PeerId } from "./claims.ts";

const SLOTS_MIN = 16;
const NONE = 0;

export class PeerTable<Entry extends { readonly peer: PeerId }> {
  readonly #entries: Entry[] = [];
  /** A number beside each entry; there is none before one was given. */
  #stamps = new Float32Array(0);
  /** Position plus one, or `NONE`; a power of two of them. */
  #slots = new Uint32Array(SLOTS_MIN);

  get size(): number {
    return this.#entries.length;
  }

  /** The entries themselves, in no order that means anything; not to be kept across a change. */
  entries(): readonly Entry[] {
    return this.#entries;
  }

  get(peer: PeerId): Entry | undefined {
    if (this.#entries.length === 0) return undefined;
    return this.#entries[(this.#slots[this.#slotOf(peer)] as number) - 1];
  }

  has(peer: PeerId): boolean {
    if (this.#entries.length === 0) return false;
    return this.#slots[this.#slotOf(peer)] !== NONE;
  }

  /** The number last given with the entry of `peer`, to seven digits; 0 where there is none. */
  stampOf(peer: PeerId): number {
    return this.#stamps[(this.#slots[this.#slotOf(peer)] as number) - 1] ?? 0;
  }

  /** Puts an entry in the place of the one with the same peer, or beside the others; `stamp` is kept with it. */
  set(entry: Entry, stamp?: number): void {
    const slot = this.#slotOf(entry.peer);
    const held = this.#slots[slot] as number;
    if (held !== NONE) this.#entries[held - 1] = entry;
    else this.#slots[slot] = this.#entries.push(entry);
    if (stamp !== undefined) this.#stamp((this.#slots[slot] as number) - 1, stamp);
    if (held !== NONE) return;
    if (this.#entries.length * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
  }

  /** Makes room for so many entries in all at once, which costs less than growing step by step. */
  reserve(count: number): void {
    let slotCount = this.#slots.length;
    while (count * 2 > slotCount) slotCount *= 2;
    if (slotCount > this.#slots.length) this.#rehash(slotCount);
  }

  /** True when there was an entry. */
  delete(peer: PeerId): boolean {
    if (this.#entries.length === 0) return false;
    const slot = this.#slotOf(peer);
    const position = this.#slots[slot] as number;
    if (position === NONE) return false;
    this.#close(slot);
    const last = this.#entries.pop() as Entry;
    if (position <= this.#entries.length) {
      // The last entry moves into the gap; its slot is found while the list still lacks it.
      this.#slots[this.#slotHolding(last.peer, this.#entries.length + 1)] = position;
      this.#entries[position - 1] = last;
      const stamp = this.#stamps[this.#entries.length];
      if (stamp !== undefined) this.#stamps[position - 1] = stamp;
    }
    return true;
  }

  #stamp(index: number, stamp: number): void {
    if (index >= this.#stamps.length) {
      const larger = new Float32Array(Math.max(SLOTS_MIN, this.#stamps.length * 2));
      larger.set(this.#stamps);
      this.#stamps = larger;
    }
    this.#stamps[index] = stamp;
  }

  /** The slot of `peer`, or the free one that it would take. */
  #slotOf(peer: PeerId): number {
    const mask = this.#slots.length - 1;
    let slot = hashOfPeer(peer) & mask;
    for (;;) {
      const position = this.#slots[slot] as number;
      if (position === NONE || this.#entries[position - 1]?.peer === peer) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #slotHolding(peer: PeerId, position: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOfPeer(peer) & mask;
    while (this.#slots[slot] !== position) slot = (slot + 1) & mask;
    return slot;
  }

  /** Frees a slot and moves up what follows it, so that no search stops short (Knuth 6.4, algorithm R). */
  #close(freed: number): void {
    const mask = this.#slots.length - 1;
    let hole = freed;
    for (let slot = (freed + 1) & mask; ; slot = (slot + 1) & mask) {
      const position = this.#slots[slot] as number;
      if (position === NONE) break;
      const home = hashOfPeer((this.#entries[position - 1] as Entry).peer) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#slots[hole] = position;
      hole = slot;
    }
    this.#slots[hole] = NONE;
  }

  #rehash(slotCount: number): void {
    const slots = new Uint32Array(slotCount);
    const mask = slotCount - 1;
    this.#entries.forEach(({ peer }, index) => {
      let slot = hashOfPeer(peer) & mask;
      while (slots[slot] !== NONE) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    });
    this.#slots = slots;
  }
}

/** A number of 32 bits that goes with a peer's name. Names are hashes already: a part of one is as good as any. */
export function hashOfPeer(peer: PeerId): number {
  let hash = 0x811c9dc5;
  const length = Math.min(peer.length, 12);
  for (let index = 0; index < length; index += 1) {
    hash = Math.imul(hash ^ peer.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** A number of 32 bits that goes with a hash and a further value, of which the low 32 bits count. */
export function mixHash(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
