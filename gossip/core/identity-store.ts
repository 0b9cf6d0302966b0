/** The identities that this peer has seen: verified by whoever puts them in, dropped when they expire. */
import type { IdentityRecord, PeerId } from "./claims.ts";
import { IDENTITIES_MAX } from "./limits.ts";

export class IdentityStore {
  // In order of last use, the least recent first.
  readonly #records = new Map<PeerId, IdentityRecord>();

  /** Puts a record in; a sealed message already known is kept when the new record has none. True when this says something new. */
  put(record: IdentityRecord): boolean {
    const before = this.#records.get(record.peer);
    const isNews =
      before === undefined || (before.sealed === undefined && record.sealed !== undefined);
    this.#records.delete(record.peer);
    this.#records.set(record.peer, { ...record, sealed: record.sealed ?? before?.sealed });
    if (this.#records.size > IDENTITIES_MAX) this.#dropLeastRecent();
    return isNews;
  }

  /** The record of `peer`; counts as a use of it. */
  get(peer: PeerId): IdentityRecord | undefined {
    const record = this.#records.get(peer);
    if (record !== undefined) {
      this.#records.delete(peer);
      this.#records.set(peer, record);
    }
    return record;
  }

  has(peer: PeerId): boolean {
    return this.#records.has(peer);
  }

  /** The records that can be handed on: those whose owner signed them as a message. */
  transferable(): readonly IdentityRecord[] {
    return [...this.#records.values()].filter((record) => record.sealed !== undefined);
  }

  /** True when the identity message of `peer` is held. */
  hasSealed(peer: PeerId): boolean {
    return this.#records.get(peer)?.sealed !== undefined;
  }

  /** Drops what has expired by the wall clock, `keep` excepted. */
  expire(wallMs: number, keep: PeerId): void {
    for (const [peer, record] of this.#records) {
      if (record.expiresAtMs <= wallMs && peer !== keep) this.#records.delete(peer);
    }
  }

  #dropLeastRecent(): void {
    const [first] = this.#records.keys();
    if (first !== undefined) this.#records.delete(first);
  }
}
