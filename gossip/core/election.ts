/**
 * Which peer of an organisation pulls a channel's blocks from the orderers.
 *
 * Candidates propose themselves; after a while the one with the smallest id that heard of no smaller one declares itself, and goes on
 * declaring. When two declare, the larger steps down. It is an arrangement to save work and no lock: for a moment there may be two
 * deliverers, or none, and both are harmless.
 */
import type { LeadershipClaim, PeerId } from "./claims.ts";
import { LEADERS_MAX } from "./limits.ts";
import type { GossipOptions } from "./options.ts";
import { comparePeerTimes, type PeerTime } from "./peer-time.ts";

type ElectionTimes = Pick<
  GossipOptions,
  "electionGraceMs" | "electionDurationMs" | "declareIntervalMs" | "declareExpirationMs" | "yieldMs"
>;

type Role =
  /** Nobody has been heard of, and there is time to hear of somebody. */
  | { readonly kind: "waiting"; readonly untilMs: number }
  | { readonly kind: "candidate"; readonly untilMs: number; readonly isOutbid: boolean }
  | { readonly kind: "follower"; readonly leader: PeerId; readonly heardMs: number }
  | { readonly kind: "deliverer"; readonly declareAtMs: number };

/** What to tell the organisation's members of the channel. */
export type ElectionNotice = "proposal" | "declaration";

export class Election {
  readonly #self: PeerId;
  readonly #times: ElectionTimes;
  readonly #heard = new Map<PeerId, PeerTime>();
  #role: Role;
  #yieldUntilMs = 0;

  constructor(self: PeerId, times: ElectionTimes, nowMs: number) {
    this.#self = self;
    this.#times = times;
    this.#role = { kind: "waiting", untilMs: nowMs + times.electionGraceMs };
  }

  get isDeliverer(): boolean {
    return this.#role.kind === "deliverer";
  }

  /** The peer that delivers, as far as this one knows. */
  get deliverer(): PeerId | undefined {
    if (this.#role.kind === "follower") return this.#role.leader;
    return this.isDeliverer ? this.#self : undefined;
  }

  /** Whether a message is newer than what its owner said before: to be asked before its signature is verified. */
  isNews(peer: PeerId, time: PeerTime): boolean {
    if (peer === this.#self) return false;
    const last = this.#heard.get(peer);
    if (last === undefined) return this.#heard.size < LEADERS_MAX;
    return comparePeerTimes(time, last) > 0;
  }

  /** When time alone makes a difference. */
  get nextDueMs(): number {
    const role = this.#role;
    switch (role.kind) {
      case "waiting":
      case "candidate":
        return role.untilMs;
      case "follower":
        return role.heardMs + this.#times.declareExpirationMs;
      case "deliverer":
        return role.declareAtMs;
    }
  }

  /** Time has passed. `isAlone`: no other member of the organisation is alive in the channel. */
  tick(nowMs: number, isAlone: boolean): ElectionNotice | undefined {
    const role = this.#role;
    switch (role.kind) {
      case "waiting":
        if (nowMs < role.untilMs) return undefined;
        return this.#stand(nowMs, isAlone);
      case "candidate":
        if (nowMs < role.untilMs) return undefined;
        if (!role.isOutbid) return this.#take(nowMs);
        this.#role = { kind: "waiting", untilMs: nowMs + this.#times.declareExpirationMs };
        return undefined;
      case "follower":
        if (nowMs - role.heardMs < this.#times.declareExpirationMs) return undefined;
        return this.#stand(nowMs, isAlone);
      case "deliverer":
        if (nowMs < role.declareAtMs) return undefined;
        return this.#declare(nowMs);
    }
  }

  /** A verified message of another member of the organisation. */
  hear(claim: LeadershipClaim, nowMs: number): ElectionNotice | undefined {
    if (!this.isNews(claim.peer, claim.time)) return undefined;
    this.#heard.set(claim.peer, claim.time);
    return claim.isDeclaration
      ? this.#hearDeclaration(claim.peer, nowMs)
      : this.#hearProposal(claim.peer, nowMs);
  }

  /** A member is gone: without waiting for its silence to grow long. */
  lost(peer: PeerId, nowMs: number, isAlone: boolean): ElectionNotice | undefined {
    if (this.#role.kind !== "follower" || this.#role.leader !== peer) return undefined;
    return this.#stand(nowMs, isAlone);
  }

  /** This peer cannot reach the orderers: it leaves the task to others, for a while, unless there are none. */
  yield(nowMs: number, isAlone: boolean): void {
    if (!this.isDeliverer || isAlone) return;
    this.#yieldUntilMs = nowMs + this.#times.yieldMs;
    this.#role = { kind: "waiting", untilMs: this.#yieldUntilMs };
  }

  #stand(nowMs: number, isAlone: boolean): ElectionNotice | undefined {
    if (isAlone) return this.#take(nowMs);
    if (nowMs < this.#yieldUntilMs) {
      this.#role = { kind: "waiting", untilMs: this.#yieldUntilMs };
      return undefined;
    }
    const untilMs = nowMs + this.#times.electionDurationMs;
    this.#role = { kind: "candidate", untilMs, isOutbid: false };
    return "proposal";
  }

  #take(nowMs: number): ElectionNotice {
    this.#yieldUntilMs = 0;
    return this.#declare(nowMs);
  }

  #declare(nowMs: number): ElectionNotice {
    this.#role = { kind: "deliverer", declareAtMs: nowMs + this.#times.declareIntervalMs };
    return "declaration";
  }

  #hearDeclaration(peer: PeerId, nowMs: number): ElectionNotice | undefined {
    // The larger of two deliverers steps down as soon as it hears this.
    if (this.isDeliverer && this.#self < peer) return this.#declare(nowMs);
    this.#role = { kind: "follower", leader: peer, heardMs: nowMs };
    return undefined;
  }

  #hearProposal(peer: PeerId, nowMs: number): ElectionNotice | undefined {
    const role = this.#role;
    if (role.kind === "deliverer") return this.#declare(nowMs);
    if (role.kind === "candidate" && peer < this.#self) this.#role = { ...role, isOutbid: true };
    // Somebody opens an election: being part of it beats waiting for its outcome.
    if (role.kind === "waiting" && nowMs >= this.#yieldUntilMs) return this.#join(peer, nowMs);
    return undefined;
  }

  #join(rival: PeerId, nowMs: number): ElectionNotice {
    const untilMs = nowMs + this.#times.electionDurationMs;
    this.#role = { kind: "candidate", untilMs, isOutbid: rival < this.#self };
    return "proposal";
  }
}
