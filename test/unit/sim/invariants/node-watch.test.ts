import { describe, expect, test } from "vitest";
import { NodeWatch } from "../../../../src/sim/invariants/node-watch.ts";
import { WrittenChain, WrittenNetwork, raftView } from "./written-history.ts";

describe("the watch over single nodes", () => {
  test("counts what becomes of orderers", () => {
    const reached: string[] = [];
    const watch = new NodeWatch((state) => reached.push(state), []);
    const network = new WrittenNetwork(new WrittenChain());
    network.reach(1);
    for (const [index, orderer] of network.orderers.entries()) {
      orderer.raft = raftView(index + 1);
    }
    watch.look(network.view);
    expect(reached.splice(0)).not.toContain("orderer follows and does not order");
    network.orderers[2]!.raft = undefined;
    watch.look(network.view);
    watch.look(network.view);
    expect(reached.splice(0)).toEqual(["orderer follows and does not order"]);
    network.orderers[0]!.raft = raftView(1, { term: 3, leader: 2 });
    const changing = { term: 3, role: "leader", leader: 2, isChanging: true } as const;
    network.orderers[1]!.raft = raftView(2, changing);
    watch.look(network.view);
    expect(reached).toContain("leader changed during a configuration change");
    network.orderers[1]!.raft = raftView(2, { term: 4, leader: 1 });
    network.orderers[0]!.raft = raftView(1, { term: 4, role: "leader", leader: 1 });
    watch.look(network.view);
    expect(reached).toContain("earlier leader leads again");
  });

  test("counts a peer that sees nobody, each time anew", () => {
    const reached: string[] = [];
    const watch = new NodeWatch((state) => reached.push(state), []);
    const network = new WrittenNetwork(new WrittenChain());
    network.reach(1);
    let known = 1;
    for (const peer of network.peers) {
      Object.assign(peer, {
        gauge: (name: string) => (name === "gossip_membership_total_peers_known" ? known : 0),
      });
    }
    watch.look(network.view);
    expect(reached.splice(0)).not.toContain("peer sees nobody");
    for (const count of [0, 0, 1, 0]) {
      known = count;
      watch.look(network.view);
    }
    const alone = reached.filter((state) => state === "peer sees nobody");
    expect(alone).toHaveLength(2 * network.peers.length);
  });

  test("counts a joiner that is killed on its way, and one that arrives", () => {
    const reached: string[] = [];
    const network = new WrittenNetwork(new WrittenChain());
    network.reach(20);
    const joiner = network.peers[0]!;
    const watch = new NodeWatch((state) => reached.push(state), [joiner.name]);
    joiner.height = 0;
    watch.look(network.view);
    expect(reached).toContain("peer has not joined yet");
    joiner.height = 5;
    watch.look(network.view);
    expect(reached).not.toContain("joiner killed while catching up");
    joiner.isUp = false;
    watch.look(network.view);
    expect(reached).toContain("joiner killed while catching up");
    Object.assign(joiner, { isUp: true, height: 20 });
    watch.look(network.view);
    expect(reached).toContain("joiner level with the others");
  });
});
