/** Snapshots that come late, or to one that does not know the members: see `scripts.ts`. */
import { Cluster } from "../../scenarios/raft/cluster.ts";
import { must } from "./must.ts";

/** A snapshot that comes after what it stands for was applied, and compacted, changes nothing. */
export function oldSnapshot(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.elect(1);
  for (let count = 0; count < 3; count += 1) cluster.leader.propose(`write ${count}`);
  cluster.tick(2);
  const [leader, follower] = [cluster.node(1), cluster.node(2)];
  leader.compact(0);
  const { snapshot } = leader;
  for (let count = 0; count < 3; count += 1) leader.propose(`later ${count}`);
  cluster.tick(2);
  follower.compact(0);
  const { appliedIndex, term } = follower.status;
  must(snapshot.index < appliedIndex, "nothing was applied after the snapshot");
  cluster.inject({ type: "snapshot", from: 1, to: 2, term, snapshot });
  must(follower.status.appliedIndex >= appliedIndex, "a node goes back to an old snapshot");
}

/** Whoever lags behind the log learns from the snapshot who the members are by now. */
export function membersInSnapshot(): void {
  const cluster = new Cluster({ count: 4, voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.leader.change({ type: "addVoter", id: 4 });
  cluster.tick(4);
  cluster.node(1).compact(0);
  cluster.heal();
  cluster.tick(4);
  const { voters } = cluster.node(3).status.configuration;
  must(voters.includes(4), "a snapshot brings no members");
}
