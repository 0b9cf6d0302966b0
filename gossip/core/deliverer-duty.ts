/** Whether this peer pulls the channel's blocks from the orderers: because it was elected, or because nobody else brings it any. */
import type { ChannelEffect } from "./channel-event.ts";
import type { ChannelRoster } from "./channel-roster.ts";
import type { LeadershipClaim, PeerId, SealedMessage } from "./claims.ts";
import { Election, type ElectionNotice } from "./election.ts";
import type { GossipOptions } from "./options.ts";
import { nextPeerTime, type PeerTime } from "./peer-time.ts";

export interface DelivererDutyDeps {
  /** This peer. */
  readonly self: PeerId;
  readonly roster: ChannelRoster;
  readonly emit: (effect: ChannelEffect) => void;
}

export class DelivererDuty {
  readonly #deps: DelivererDutyDeps;
  readonly #options: GossipOptions;
  readonly #election: Election;
  /** Of the last leadership message. */
  #time: PeerTime;
  #isSelfReliant = false;
  /** Since when it has been behind at this height. */
  #progress = { height: 0, sinceMs: 0, isBehind: false };
  #wasDeliverer = false;

  constructor(deps: DelivererDutyDeps, options: GossipOptions, incarnation: bigint, nowMs: number) {
    this.#deps = deps;
    this.#options = options;
    this.#election = new Election(deps.self, options, nowMs);
    this.#time = { incarnation, sequence: 0n };
  }

  get isDeliverer(): boolean {
    return this.#election.isDeliverer || this.#isSelfReliant;
  }

  nextDueMs(nowMs: number): number {
    return this.#isSelfReliant ? nowMs : this.#election.nextDueMs;
  }

  tick(nowMs: number): void {
    this.#announce(this.#election.tick(nowMs, this.#deps.roster.isAlone()));
  }

  /** Whether a leadership message is worth verifying. */
  isNews(peer: PeerId, time: PeerTime): boolean {
    return this.#election.isNews(peer, time);
  }

  /** Takes another member's message, and passes it on. */
  hear(claim: LeadershipClaim, from: PeerId, nowMs: number): void {
    if (!this.#election.isNews(claim.peer, claim.time)) return;
    this.#announce(this.#election.hear(claim, nowMs));
    this.#spread(claim.sealed, from, this.#options.pushPeerCount);
  }

  lost(peer: PeerId, nowMs: number): void {
    this.#announce(this.#election.lost(peer, nowMs, this.#deps.roster.isAlone()));
  }

  /** This peer cannot reach the orderers. */
  yield(nowMs: number): void {
    this.#election.yield(nowMs, this.#deps.roster.isAlone());
  }

  /** This peer's own message has been signed. */
  signed(sealed: SealedMessage): void {
    this.#spread(sealed, this.#deps.self, this.#options.leadershipPeerCount);
  }

  /** What this peer says is of this run from now on. */
  rise(incarnation: bigint): void {
    this.#time = { incarnation, sequence: 0n };
  }

  /** A peer that is behind and gets no block from anybody helps itself, until it is level. */
  judgeProgress(height: number, nowMs: number): void {
    const isBehind = this.#deps.roster.tallest > height;
    if (height !== this.#progress.height || isBehind !== this.#progress.isBehind) {
      this.#progress = { height, sinceMs: nowMs, isBehind };
    }
    if (!isBehind) this.#isSelfReliant = false;
    else if (nowMs - this.#progress.sinceMs >= this.#options.selfRelianceMs) {
      this.#isSelfReliant = true;
    }
  }

  /** After every event: says so when the duty has come or gone. `hasLeft`: this peer is no longer in the channel. */
  notice(hasLeft: boolean): void {
    const isDeliverer = this.isDeliverer && !hasLeft;
    if (isDeliverer === this.#wasDeliverer) return;
    this.#wasDeliverer = isDeliverer;
    this.#deps.emit({ kind: "deliverer", isDeliverer });
  }

  #announce(notice: ElectionNotice | undefined): void {
    if (notice === undefined) return;
    this.#time = nextPeerTime(this.#time);
    const isDeclaration = notice === "declaration";
    this.#deps.emit({ kind: "sign-leadership", time: this.#time, isDeclaration });
  }

  #spread(sealed: SealedMessage, from: PeerId, count: number): void {
    for (const { peer } of this.#deps.roster.drawOwn(count, (member) => member.peer !== from)) {
      this.#deps.emit({ kind: "send", to: peer, message: { kind: "leadership", sealed } });
    }
  }
}
