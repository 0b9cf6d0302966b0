import { sha256 } from "../../crypto/index.ts";
import { equalBytes, toHex, utf8 } from "../../kernel/bytes.ts";
import type { Invariant, NetworkView, PeerView } from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";
import { BANK, BANK_COLLECTIONS } from "../workload/bank-contract.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import { hashedNamespace, type Replay } from "./replay.ts";

interface Place {
  readonly collection: string;
  readonly isMember: (peer: PeerView) => boolean;
}

const PLACES: readonly Place[] = BANK_COLLECTIONS.map(({ name, policy }) => ({
  collection: name,
  isMember: ({ mspId }) => policy.includes(`'${mspId}.member'`),
}));

export interface PrivateValuesDeps {
  readonly history: LedgerHistory;
  readonly replay: Replay;
  readonly reach: (state: SometimesState) => void;
}

/**
 * Private values of the bank are where they belong: no peer holds one of a collection that its organisation is no member of, or
 * one that the committed hash does not name; in the end every member holds every value that any member does. What nobody holds
 * any more was lost with the disks and the memories that held it: no block can bring it back.
 */
export class PrivateValues implements Invariant {
  readonly name = "private values";
  readonly isEventual = true;
  readonly #deps: PrivateValuesDeps;
  readonly #reached = new Set<SometimesState>();
  // There are few keys, looked at after every block.
  readonly #keyHashes = new Map<string, string>();

  constructor(deps: PrivateValuesDeps) {
    this.#deps = deps;
  }

  check(view: NetworkView): string | undefined {
    this.#deps.history.advance(view);
    this.#deps.replay.advance();
    const namespaces = this.#deps.replay.hashes.namespaces();
    const written = PLACES.filter(({ collection }) =>
      namespaces.includes(hashedNamespace(BANK, collection)),
    );
    if (written.length === 0) return undefined;
    const up = view.peers.filter(({ isUp }) => isUp);
    return firstViolation(up, (peer) =>
      firstViolation(written, (place) => this.#checkHeld(peer, place)),
    );
  }

  atEnd(view: NetworkView): string | undefined {
    const members = view.peers.filter(({ isUp }) => isUp);
    return this.check(view) ?? firstViolation(PLACES, (place) => this.#checkSpread(place, members));
  }

  #checkHeld(peer: PeerView, { collection, isMember }: Place): string | undefined {
    return firstViolation(peer.privateEntries(BANK, collection), ({ key }) => {
      if (!isMember(peer)) return `${peer.name} holds ${key} of ${collection} and is no member`;
      const value = peer.privateValue(BANK, collection, key);
      const hash = this.#hashOf(peer.height, collection, key);
      // It may be of an earlier block: then it is not served.
      if (value === undefined || isHashOf(hash, value)) return undefined;
      return `${key} of ${collection} at ${peer.name}, height ${peer.height}, has not the hash ${hash ? toHex(hash) : "of any block"}`;
    });
  }

  #checkSpread({ collection, isMember }: Place, peers: readonly PeerView[]): string | undefined {
    const members = peers.filter(isMember);
    const keys = new Set(
      members.flatMap((peer) => [...peer.privateEntries(BANK, collection)].map(({ key }) => key)),
    );
    const lost = this.#watchLost(collection, members, keys);
    // A process that goes on forgets nothing.
    if (lost !== undefined && members.every(({ startCount }) => startCount === 1)) {
      return `nobody holds ${lost}, and no process has died`;
    }
    return firstViolation(keys, (key) => {
      const holds = (peer: PeerView): boolean =>
        peer.privateValue(BANK, collection, key) !== undefined;
      const holder = members.find(holds);
      const lacking = members.find((peer) => !holds(peer));
      if (holder === undefined || lacking === undefined) return undefined;
      if (this.#hashOf(lacking.height, collection, key) === undefined) return undefined;
      return `${lacking.name} lacks ${key} of ${collection}, which ${holder.name} holds`;
    });
  }

  /** What all members lack. */
  #watchLost(
    collection: string,
    members: readonly PeerView[],
    keys: ReadonlySet<string>,
  ): string | undefined {
    const height = Math.min(...members.map((peer) => peer.height));
    const isHeld = (key: string): boolean =>
      members.some((peer) => peer.privateValue(BANK, collection, key) !== undefined);
    const held = new Set([...keys].filter(isHeld).map((key) => this.#keyHashOf(key)));
    const place = hashedNamespace(BANK, collection);
    const all = [...this.#deps.replay.hashes.entriesAfter(height - 1, place)];
    if (all.some(({ key }) => held.has(key))) this.#reach("private value was kept");
    const lost = all.find(({ key }) => !held.has(key));
    if (lost === undefined) return undefined;
    this.#reach("private value was lost");
    return `the value of ${collection} whose key has the hash ${lost.key}`;
  }

  // Once a run: it is asked until everything is as it should be.
  #reach(state: SometimesState): void {
    if (this.#reached.has(state)) return;
    this.#reached.add(state);
    this.#deps.reach(state);
  }

  #hashOf(height: number, collection: string, key: string): Uint8Array | undefined {
    const place = hashedNamespace(BANK, collection);
    return this.#deps.replay.hashes.valueAfter(height - 1, place, this.#keyHashOf(key));
  }

  #keyHashOf(key: string): string {
    const known = this.#keyHashes.get(key);
    if (known !== undefined) return known;
    const hash = toHex(sha256(utf8(key)));
    this.#keyHashes.set(key, hash);
    return hash;
  }
}

function isHashOf(hash: Uint8Array | undefined, value: Uint8Array): boolean {
  return hash !== undefined && equalBytes(hash, sha256(value));
}
