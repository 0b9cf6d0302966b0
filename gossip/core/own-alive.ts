/** What this peer says of itself: that it is alive, in which run, and how often it has had to insist. */
import type { Accusation } from "./accusation.ts";
import type { AliveClaim, IdentityRecord, SealedMessage, Self } from "./claims.ts";
import { fingerprintOf } from "./membership-digest.ts";
import { comparePeerTimes, laterRun, nextPeerTime, type PeerTime } from "./peer-time.ts";

export interface AliveDraft {
  readonly time: PeerTime;
  readonly rebuttals: number;
}

export class OwnAlive {
  readonly #self: Self;
  readonly #externalEndpoint: string;
  readonly #identity: IdentityRecord;
  #time: PeerTime;
  #rebuttals = 0;
  #claim: AliveClaim | undefined;

  /** `incarnation`: the start of this run in nanoseconds since 1970. */
  constructor(
    owner: {
      readonly self: Self;
      readonly externalEndpoint: string;
      readonly identity: IdentityRecord;
    },
    incarnation: bigint,
  ) {
    this.#self = owner.self;
    this.#externalEndpoint = owner.externalEndpoint;
    this.#identity = owner.identity;
    this.#time = { incarnation, sequence: 0n };
  }

  /** The newest that was signed. */
  get claim(): AliveClaim | undefined {
    return this.#claim;
  }

  /** What decides who may be told of this peer. */
  get facts(): Pick<AliveClaim, "mspId" | "externalEndpoint"> {
    return { mspId: this.#self.mspId, externalEndpoint: this.#externalEndpoint };
  }

  get time(): PeerTime {
    return this.#time;
  }

  /** The next message to sign. */
  next(): AliveDraft {
    this.#time = nextPeerTime(this.#time);
    return { time: this.#time, rebuttals: this.#rebuttals };
  }

  /** What to sign against an accusation; undefined when it is answered already or is about nothing that this peer ever said. */
  rebut({ incarnation, rebuttals }: Accusation): AliveDraft | undefined {
    if (incarnation !== this.#time.incarnation || rebuttals !== this.#rebuttals) return undefined;
    this.#rebuttals += 1;
    return this.next();
  }

  /**
   * What to sign when others hold a later claim than this peer's own, signed by it: its clock was ahead in an earlier run, or there is a copy
   * of it. One run above that one is enough, and above all that was said in it; so nobody can push this peer on but by what it signed.
   */
  outbid(time: PeerTime, rebuttals: number): AliveDraft | undefined {
    if (comparePeerTimes(time, this.#time) <= 0) return undefined;
    const next = laterRun(time);
    if (comparePeerTimes(next, time) === 0) return undefined;
    this.#time = next;
    if (next.incarnation > time.incarnation) return { time: next, rebuttals: this.#rebuttals };
    this.#rebuttals = Math.max(
      this.#rebuttals,
      Math.min(rebuttals, Number.MAX_SAFE_INTEGER - 1) + 1,
    );
    return { time: next, rebuttals: this.#rebuttals };
  }

  /** Takes a signature. False when it took longer than its successor's and is of no use any more. */
  signed(time: PeerTime, sealed: SealedMessage): boolean {
    if (comparePeerTimes(time, this.#time) !== 0) return false;
    const { peer } = this.#self;
    const rebuttals = this.#rebuttals;
    this.#claim = {
      ...this.#self,
      time,
      externalEndpoint: this.#externalEndpoint,
      internalEndpoint: undefined,
      rebuttals,
      fingerprint: fingerprintOf({ peer, time, rebuttals }),
      identity: this.#identity,
      sealed,
    };
    return true;
  }
}
