import type {
  Invariant,
  NetworkView,
  NodeName,
  OrdererView,
  PeerView,
  RaftView,
} from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";

/** Blocks that make a node count as behind. */
const BEHIND_BLOCKS = 10;

/** Counts states of the network as they are entered, and not again before they are left. Finds no violation. */
export class StateWatch implements Invariant {
  readonly name = "states";
  readonly #reach: (state: SometimesState) => void;
  readonly #entered = new Set<string>();
  readonly #seenOut = new Set<NodeName>();
  readonly #starts = new Map<NodeName, number>();
  readonly #disks = new Map<NodeName, number>();
  #leaderTerm = 0;

  constructor(reach: (state: SometimesState) => void) {
    this.#reach = reach;
  }

  check(view: NetworkView): undefined {
    const { orderers, peers } = view;
    this.#watchLeaders(orderers);
    this.#watchOutages(orderers, peers);
    this.#watchHeights(orderers, peers);
    this.#watchMembers(peers);
    for (const node of [...orderers, ...peers]) this.#watchStarts(node);
    return undefined;
  }

  #watchLeaders(orderers: readonly OrdererView[]): void {
    const rafts = orderers.flatMap(({ raft }) => (raft === undefined ? [] : [raft]));
    const leaders = rafts.filter(({ role }) => role === "leader");
    this.#is("no leader", leaders.length === 0 && rafts.length > 0);
    this.#is("two candidates in a term", hasRivals(rafts));
    const voterCount = Math.max(0, ...leaders.map(({ voters }) => voters.length));
    const isOut = voterCount > 0 && voterCount < orderers.length;
    this.#is("consenter is out", isOut);
    const term = Math.max(0, ...leaders.map((leader) => leader.term));
    if (term > this.#leaderTerm && this.#leaderTerm > 0) {
      this.#reach("leader changed");
      if (isOut) this.#reach("leader changed while a consenter was out");
    }
    this.#leaderTerm = Math.max(this.#leaderTerm, term);
  }

  #watchOutages(orderers: readonly OrdererView[], peers: readonly PeerView[]): void {
    const ordererCount = orderers.filter(({ isUp }) => isUp).length;
    this.#is("all orderers down", ordererCount === 0);
    this.#is("minority of orderers up", ordererCount > 0 && ordererCount * 2 <= orderers.length);
    this.#is("all peers down", peers.length > 0 && peers.every(({ isUp }) => !isUp));
    const served = new Set(peers.filter(({ isUp }) => isUp).map(({ mspId }) => mspId));
    this.#is(
      "organisation without a peer",
      peers.some(({ mspId }) => !served.has(mspId)),
    );
  }

  #watchHeights(orderers: readonly OrdererView[], peers: readonly PeerView[]): void {
    const heights = orderers.filter(({ isUp }) => isUp).map(({ height }) => height);
    const [highest, lowest] = [Math.max(0, ...heights), Math.min(...heights)];
    this.#is("orderer behind by 10 blocks", highest - lowest >= BEHIND_BLOCKS);
    for (const { name, isUp, height } of peers) {
      // One that has not joined is not behind.
      if (!isUp || height === 0) continue;
      this.#is("peer ahead of an orderer", height > lowest, name);
      const isBehind = highest - height >= BEHIND_BLOCKS;
      this.#is("peer behind by 10 blocks", isBehind, name);
      if (isBehind) this.#seenOut.add(name);
      else if (height === highest && this.#seenOut.delete(name)) {
        this.#reach("peer level again after 10 blocks");
      }
    }
  }

  #watchMembers(peers: readonly PeerView[]): void {
    const views = peers
      .filter(({ isUp, height }) => isUp && height > 0)
      .map(({ name, livingMembers }) => [...new Set([...livingMembers, name])].sort().join());
    this.#is("peers see different members", new Set(views).size > 1);
  }

  #watchStarts({ name, startCount, ledgersLost, isUp }: OrdererView | PeerView): void {
    if (startCount >= 3 && (this.#starts.get(name) ?? 0) < 3) {
      this.#reach("node started a third time");
    }
    this.#starts.set(name, startCount);
    if (!isUp) return;
    if (ledgersLost > (this.#disks.get(name) ?? 0)) this.#reach("node began with an empty disk");
    this.#disks.set(name, ledgersLost);
  }

  #is(state: SometimesState, holds: boolean, where = ""): void {
    const key = `${state} ${where}`;
    if (!holds) this.#entered.delete(key);
    else if (!this.#entered.has(key)) {
      this.#entered.add(key);
      this.#reach(state);
    }
  }
}

function hasRivals(rafts: readonly RaftView[]): boolean {
  const terms = rafts.filter(({ role }) => role === "candidate").map(({ term }) => term);
  return new Set(terms).size < terms.length;
}
