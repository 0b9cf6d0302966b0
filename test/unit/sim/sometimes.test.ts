import { describe, expect, test } from "vitest";
import { SOMETIMES_STATES, Sometimes } from "../../../src/sim/sometimes.ts";
import { StateWatch } from "../../../src/sim/invariants/state-watch.ts";
import { WrittenChain, WrittenNetwork, raftView } from "./invariants/written-history.ts";

describe("states that a campaign should reach", () => {
  test("are many, each with its own name", () => {
    expect(new Set(SOMETIMES_STATES).size).toBe(SOMETIMES_STATES.length);
    expect(SOMETIMES_STATES.length).toBeGreaterThanOrEqual(80);
  });

  test("are missed until they are reached, in whatever run", () => {
    const campaign = new Sometimes();
    expect(campaign.missed()).toEqual(SOMETIMES_STATES);
    campaign.reach("no leader");
    campaign.add({ "no leader": 2, "a state of one's own": 1 });
    expect(campaign.counts()).toEqual({ "a state of one's own": 1, "no leader": 3 });
    expect(campaign.missed()).toHaveLength(SOMETIMES_STATES.length - 1);
    expect(campaign.reachedCount()).toBe(1);
  });
});

describe("the watch", () => {
  test("counts a state when it is entered, and again only after it was left", () => {
    const reached: string[] = [];
    const watch = new StateWatch((state) => reached.push(state));
    const network = new WrittenNetwork(new WrittenChain());
    const [first, second] = network.orderers;
    first!.raft = raftView(1);
    second!.raft = raftView(2);
    watch.check(network.reach(1));
    expect(reached).toEqual([]);
    first!.raft = raftView(1, { term: 3, role: "candidate", leader: 0 });
    second!.raft = raftView(2, { term: 3, role: "candidate", leader: 0 });
    watch.check(network.view);
    watch.check(network.view);
    expect(reached).toEqual(["no leader", "two candidates in a term"]);
    second!.raft = raftView(2, { term: 4, role: "leader", voters: [2, 3] });
    watch.check(network.view);
    expect(reached.slice(2)).toEqual([
      "consenter is out",
      "leader changed",
      "leader changed while a consenter was out",
    ]);
  });

  test("sees who is down, behind, and back", () => {
    const reached: string[] = [];
    const watch = new StateWatch((state) => reached.push(state));
    const network = new WrittenNetwork(new WrittenChain());
    network.reach(20);
    const peer = network.peers[0]!;
    peer.height = 10;
    watch.check(network.view);
    peer.height = 20;
    watch.check(network.view);
    expect(reached).toEqual(["peer behind by 10 blocks", "peer level again after 10 blocks"]);
    for (const each of network.peers) each.isUp = false;
    for (const each of network.orderers.slice(1)) each.isUp = false;
    watch.check(network.view);
    expect(reached.slice(2)).toEqual([
      "minority of orderers up",
      "all peers down",
      "organisation without a peer",
    ]);
    Object.assign(peer, { isUp: true, ledgersLost: 1, startCount: 3 });
    watch.check(network.view);
    expect(reached.slice(5)).toEqual([
      "node started a third time",
      "node began with an empty disk",
    ]);
  });
});
