import type { NetworkView, OrdererView, PeerView } from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";

/** Blocks by which sides, or a joiner and the others, differ notably. */
const FAR_BLOCKS = 3;

/** Counts what becomes of single nodes, also while nothing is committed: to be called again and again. Finds no violation. */
export class NodeWatch {
  readonly #reach: (state: SometimesState) => void;
  readonly #entered = new Set<string>();
  readonly #joiners: ReadonlySet<string>;
  readonly #catchingUp = new Set<string>();
  readonly #leaders: string[] = [];

  constructor(reach: (state: SometimesState) => void, joiners: readonly string[]) {
    this.#reach = reach;
    this.#joiners = new Set(joiners);
  }

  look({ orderers, peers }: NetworkView): void {
    const leader = orderers
      .filter(({ raft }) => raft?.role === "leader")
      .reduce<OrdererView | undefined>(newer, undefined);
    for (const orderer of orderers) this.#lookAtOrderer(orderer, leader);
    this.#lookAtLeader(leader);
    const highest = Math.max(0, ...orderers.map(({ height }) => height));
    for (const peer of peers) this.#lookAtPeer(peer, highest);
    this.#lookAtDeliverers(peers);
  }

  #lookAtOrderer(orderer: OrdererView, leader: OrdererView | undefined): void {
    const { name, isUp, raft, height, gauge = NO_GAUGE } = orderer;
    const at = (state: SometimesState, holds: boolean): void => {
      this.#is(state, isUp && holds, name);
    };
    at("orderer without the channel", raft === undefined && height === 0);
    at("orderer follows and does not order", raft === undefined && height > 0);
    // One that is added follows the channel's blocks before it is a consenter: nobody is ever Raft's learner.
    at("orderer stands by", gauge("heddle_replica_stands_by") > 0);
    at("orderer has no room and orders nothing", gauge("heddle_replica_read_only") > 0);
    at("log was compacted", gauge("heddle_replica_snapshot_index") > 0);
    const compacted = leader?.gauge?.("consensus_etcdraft_snapshot_block_number") ?? 0;
    at("orderer behind what the leader's log holds", height > 0 && height < compacted);
    at("consenter's vote counts for nobody else", isStray(orderer, leader));
    at("voters change", raft?.isChanging === true);
  }

  #lookAtLeader(leader: OrdererView | undefined): void {
    if (leader === undefined || this.#leaders.at(-1) === leader.name) return;
    if (this.#leaders.includes(leader.name)) this.#reach("earlier leader leads again");
    this.#leaders.push(leader.name);
    if (new Set(this.#leaders).size >= 3) this.#reach("third orderer leads");
    if (leader.raft?.isChanging === true) {
      this.#reach("leader changed during a configuration change");
    }
  }

  #lookAtPeer(
    { name, isUp, height, livingMembers, gauge = NO_GAUGE }: PeerView,
    highest: number,
  ): void {
    const at = (state: SometimesState, holds: boolean): void => {
      this.#is(state, isUp && height > 0 && holds, name);
    };
    at(
      "peer sees nobody",
      livingMembers.every((member) => member === name),
    );
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
    const key = `${state} ${where}`;
    if (!holds) this.#entered.delete(key);
    else if (!this.#entered.has(key)) {
      this.#entered.add(key);
      this.#reach(state);
    }
  }
}

const NO_GAUGE = (): number => 0;

function newer(a: OrdererView | undefined, b: OrdererView): OrdererView {
  return a !== undefined && (a.raft?.term ?? 0) > (b.raft?.term ?? 0) ? a : b;
}

/** It takes part under an id that the leader's voters have not, or not any more. */
function isStray({ raft }: OrdererView, leader: OrdererView | undefined): boolean {
  if (raft === undefined || leader?.raft === undefined) return false;
  return !leader.raft.voters.includes(raft.raftId) && raft.role !== "learner";
}
