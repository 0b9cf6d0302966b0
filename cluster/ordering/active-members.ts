import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { ClusterLink, RaftReplica } from "../replica/index.ts";
import { activeNodesGauge } from "./metrics.ts";

export interface ActiveMembersDeps {
  readonly replica: Pick<RaftReplica, "leadership" | "status">;
  readonly link: Pick<ClusterLink, "announce">;
  /** Whether a member was heard within the time in which a leader is missed. */
  readonly hasAnswered: (raftId: number) => boolean;
  readonly meter: Meter;
}

export interface ActiveMembersOptions {
  readonly channelId: string;
  readonly raftId: number;
}

/** Which members answer: at the leader those that it hears, at the others those that their leader has told them of. */
export class ActiveMembers {
  readonly #deps: ActiveMembersDeps;
  readonly #options: ActiveMembersOptions;
  readonly #gauge: ReturnType<typeof activeNodesGauge>;
  // Good for as long as who said so leads that term.
  #told:
    { readonly from: number; readonly term: number; readonly ids: readonly number[] } | undefined;

  constructor(deps: ActiveMembersDeps, options: ActiveMembersOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#gauge = activeNodesGauge(deps.meter);
  }

  /** A member says which ones answer it. That counts if it leads. */
  told(from: number, ids: readonly number[]): void {
    const { leaderId, term } = this.#deps.replica.leadership;
    if (from === leaderId) this.#told = { from, term, ids };
  }

  /** Raft ids of the members that answer the leader, itself included; `undefined` while that is not known here. */
  ids(): readonly number[] | undefined {
    const { role, leaderId, term } = this.#deps.replica.leadership;
    if (role === "leader") return this.#heard();
    const told = this.#told;
    return told?.from === leaderId && told?.term === term ? told.ids : undefined;
  }

  /** Tells the other members, if this one leads, and shows the number. To be called again and again. */
  publish(): void {
    const isLeader = this.#deps.replica.leadership.role === "leader";
    this.#deps.link.announce(isLeader ? this.#heard() : []);
    this.#gauge.set(this.ids()?.length ?? 0, { channel: this.#options.channelId });
  }

  /** It takes part no longer: it knows nothing of the group. */
  leave(): void {
    this.#gauge.set(0, { channel: this.#options.channelId });
  }

  #heard(): readonly number[] {
    const ids = this.#deps.replica.status().followers.map(({ id }) => id);
    return [this.#options.raftId, ...ids.filter((id) => this.#deps.hasAnswered(id))];
  }
}
