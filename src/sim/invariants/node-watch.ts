import type { NetworkView, OrdererView, PeerView, RaftView } from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";

/** Blocks by which sides, or a joiner and the others, differ notably. */
const FAR_BLOCKS = 3;

/** Counts what becomes of single nodes, also while nothing is committed: to be called again and again. Finds no violation. */
export class NodeWatch {
  readonly #reach: (state: SometimesState) => void;
  // By state, where it holds.
  readonly #entered = new Map<SometimesState, Set<string>>();
  readonly #joiners: ReadonlySet<string>;
  readonly #catchingUp = new Set<string>();
  readonly #leaders: string[] = [];

  constructor(reach: (state: SometimesState) => void, joiners: readonly string[]) {
    this.#reach = reach;
    this.#joiners = new Set(joiners);
  }

  look({ orderers, peers }: NetworkView): void {
    const seen = orderers.map((orderer) => ({ orderer, raft: orderer.raft }));
    const leader = seen
      .filter(({ raft }) => raft?.role === "leader")
      .reduce<SeenOrderer | undefined>(newer, undefined);
    for (const each of seen) this.#lookAtOrderer(each, leader);
    const leaderCount = seen.filter(({ raft }) => raft?.role === "leader").length;
    this.#is("two nodes believe to lead", leaderCount > 1, "");
    this.#lookAtLeader(leader);
    const highest = Math.max(0, ...orderers.map(({ height }) => height));
    for (const peer of peers) this.#lookAtPeer(peer, highest);
    this.#lookAtDeliverers(peers);
  }

  #lookAtOrderer({ orderer, raft }: SeenOrderer, leader: SeenOrderer | undefined): void {
    const { name, isUp, height, gauge = NO_GAUGE } = orderer;
    const at = (state: SometimesState, holds: boolean): void => {
      this.#is(state, isUp && holds, name);
    };
    at("orderer without the channel", raft === undefined && height === 0);
    at("orderer follows and does not order", raft === undefined && height > 0);
    // One that is added follows the channel's blocks before it is a consenter: nobody is ever Raft's learner.
    at("orderer stands by", gauge("heddle_replica_stands_by") > 0);
    at("orderer has no room and orders nothing", gauge("heddle_replica_read_only") > 0);
    at("log was compacted", gauge("heddle_replica_snapshot_index") > 0);
    const compacted = leader?.orderer.gauge?.("consensus_etcdraft_snapshot_block_number") ?? 0;
    at("orderer behind what the leader's log holds", height > 0 && height < compacted);
    at("consenter's vote counts for nobody else", isStray(raft, leader?.raft));
    at("voters change", raft?.isChanging === true);
    const isEnded = orderer.endedSinceMs !== undefined;
    at("leader signs with a certificate that has ended", isEnded && raft?.role === "leader");
  }

  #lookAtLeader(leader: SeenOrderer | undefined): void {
    const name = leader?.orderer.name;
    if (leader === undefined || name === undefined || this.#leaders.at(-1) === name) return;
    if (this.#leaders.includes(name)) this.#reach("earlier leader leads again");
    this.#leaders.push(name);
    if (new Set(this.#leaders).size >= 3) this.#reach("third orderer leads");
    if (leader.raft?.isChanging === true) {
      this.#reach("leader changed during a configuration change");
    }
  }

  #lookAtPeer(
    { name, isUp, height, endedSinceMs, gauge = NO_GAUGE }: PeerView,
    highest: number,
  ): void {
    const at = (state: SometimesState, holds: boolean): void => {
      this.#is(state, isUp && height > 0 && holds, name);
    };
    at("peer sees nobody", gauge("gossip_membership_total_peers_known") === 0);
    at("peer runs with a certificate that has ended", endedSinceMs !== undefined);
    at("peer suspects another", gauge("gossip_membership_suspects") > 0);
    at("peer waits for room on its disk", gauge("heddle_ledger_disk_full") > 0);
    at("peer has blocks ahead of a gap", gauge("gossip_payload_buffer_size") > 0);
    at("peer doubts its own hearing", gauge("gossip_membership_health_score") > 0);
    if (!this.#joiners.has(name)) return;
    this.#is("peer has not joined yet", isUp && height === 0, name);
    if (this.#catchingUp.has(name) && !isUp) this.#reach("joiner killed while catching up");
    const isFar = isUp && height > 0 && height + FAR_BLOCKS <= highest;
    if (isFar) this.#catchingUp.add(name);
    else this.#catchingUp.delete(name);
    at("joiner level with the others", height === highest);
  }

  #lookAtDeliverers(peers: readonly PeerView[]): void {
    const isDelivering = ({ gauge = NO_GAUGE }: PeerView): boolean =>
      gauge("gossip_leader_election_leader") > 0;
    for (const mspId of new Set(peers.map((peer) => peer.mspId))) {
      const up = peers.filter((peer) => peer.mspId === mspId && peer.isUp && peer.height > 0);
      const count = up.filter(isDelivering).length;
      this.#is("nobody delivers for an organisation", up.length > 0 && count === 0, mspId);
      this.#is("two peers deliver for an organisation", count > 1, mspId);
    }
  }

  #is(state: SometimesState, holds: boolean, where: string): void {
    const places = this.#entered.get(state);
    if (!holds) places?.delete(where);
    else if (places === undefined || !places.has(where)) {
      this.#entered.set(state, (places ?? new Set()).add(where));
      this.#reach(state);
    }
  }
}

/** What Raft shows is read once a look: it costs the most. */
interface SeenOrderer {
  readonly orderer: OrdererView;
  readonly raft: RaftView | undefined;
}

const NO_GAUGE = (): number => 0;

function newer(a: SeenOrderer | undefined, b: SeenOrderer): SeenOrderer {
  return a !== undefined && (a.raft?.term ?? 0) > (b.raft?.term ?? 0) ? a : b;
}

/** It takes part under an id that the leader's voters have not, or not any more. */
function isStray(raft: RaftView | undefined, leader: RaftView | undefined): boolean {
  if (raft === undefined || leader === undefined) return false;
  return !leader.voters.includes(raft.raftId) && raft.role !== "learner";
}
