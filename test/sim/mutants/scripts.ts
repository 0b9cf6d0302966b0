/** What random faults hardly ever lead to, step by step. Each throws if it goes as it must not. */
import type { ConfChangeOp, RaftMessage } from "../../../cluster/raft/index.ts";
import { emptyState, Raft } from "../../../cluster/raft/index.ts";
import { Cluster, entriesOf } from "../../scenarios/raft/cluster.ts";
import { ELECTION_TICKS } from "../../scenarios/raft/scenario-node.ts";
import { optionsOf } from "../../unit/cluster/raft/harness.ts";
import { must } from "./must.ts";
import { membersInSnapshot, oldSnapshot } from "./snapshot-scripts.ts";

/** Raft figure 8. */
function oldTermOnMajority(): void {
  const hardState = { term: 3, votedFor: undefined, commit: 1 };
  const states = {
    1: { entries: entriesOf(1, 2), hardState },
    2: { entries: entriesOf(1, 2), hardState },
    3: { entries: entriesOf(1), hardState },
  };
  const cluster = new Cluster({ count: 3, states, options: { messageBytesMax: 1 } });
  cluster.hold(({ type, to }) => type === "append" && cluster.node(to).terms.length > 1);
  cluster.node(3).crash();
  cluster.elect(1);
  cluster.takeHeld();
  cluster.hold(() => true);
  const held = { type: "appendAccepted", from: 2, to: 1, term: 4 } as const;
  cluster.inject({ ...held, index: 2 });
  must(
    cluster.node(1).status.commitIndex === 1,
    "an entry of an earlier term is committed by counting",
  );
  cluster.inject({ ...held, index: 3 });
  must(cluster.node(1).status.commitIndex === 3, "the leader's own entry is not committed");
}

/** Asking for votes that are not yet wanted changes nobody's term. */
function harmlessQuestion(): void {
  const cluster = new Cluster({ count: 3 });
  const question = { type: "preVote", from: 2, to: 1, term: 7, lastIndex: 0, lastTerm: 0 } as const;
  cluster.inject(question);
  must(cluster.node(1).status.term === 0, "a question about a term raises the term");
}

/** A leader that is not heard back leads no more. */
function deafLeader(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.elect(1);
  for (const id of [2, 3]) cluster.cutOneWay(id, 1);
  cluster.tick(3 * ELECTION_TICKS);
  must(cluster.node(1).status.role !== "leader", "a leader that hears nobody goes on");
}

/** A log of equal length and other terms is repaired in as many rounds as it has terms. */
function quickRepair(): void {
  const hardState = { term: 9, votedFor: undefined, commit: 0 };
  const states = {
    1: { entries: entriesOf(1, 4, 4, 5, 5, 6, 6, 6, 8), hardState },
    2: { entries: entriesOf(1, 2, 2, 2, 3, 3, 3, 3, 3), hardState },
    3: { entries: entriesOf(1, 4, 4, 5, 5, 6, 6, 6, 8), hardState },
  };
  const cluster = new Cluster({ count: 3, states });
  let refusals = 0;
  cluster.hold(({ type }) => {
    if (type === "appendRejected") refusals += 1;
    return false;
  });
  cluster.elect(1);
  must(cluster.node(2).status.commitIndex === 10, "the follower is not level");
  must(refusals <= 3, `${refusals} rounds to repair a log`);
}

function isRead(cluster: Cluster, id: number): boolean {
  return cluster.node(id).readCount > 0;
}

/** A leader that others have replaced answers no read. */
function readAtDeposedLeader(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.elect(1);
  cluster.isolate(1);
  cluster.node(1).step({ type: "readIndex", context: Uint8Array.of(1) });
  cluster.settle();
  must(!isRead(cluster, 1), "a read is answered that no majority confirmed");
  cluster.heal();
  cluster.tick(1);
  must(isRead(cluster, 1), "a read is never answered");
}

/** A new leader answers no read before it knows what its predecessor committed. */
function readAtNewLeader(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.elect(1);
  cluster.leader.propose("committed by 1");
  cluster.hold(({ type, to }) => type === "append" && to !== 1);
  cluster.settle();
  cluster.takeHeld();
  cluster.node(1).crash();
  cluster.hold(({ type }) => type === "append");
  cluster.tickUntil(() => cluster.leaders.length === 1, 6 * ELECTION_TICKS);
  const { leader } = cluster;
  leader.step({ type: "readIndex", context: Uint8Array.of(1) });
  cluster.settle();
  cluster.tick(2);
  must(!isRead(cluster, leader.id), "a read is answered before the term's first commit");
}

/** What only learners hold beside the leader is not committed, and their votes elect nobody. */
function learnersDecideNothing(): void {
  const cluster = new Cluster({ count: 5 });
  cluster.elect(1);
  for (const id of [4, 5]) {
    cluster.leader.change({ type: "addLearner", id });
    cluster.tick(2);
  }
  cluster.isolate(2);
  cluster.isolate(3);
  const { commitIndex } = cluster.node(1).status;
  cluster.node(1).propose("held by learners");
  cluster.settle();
  must(cluster.node(1).status.commitIndex === commitIndex, "learners commit an entry");
}

/** A node whose application lags behind its log stands for no election in a configuration that is gone. */
function unappliedChange(): void {
  const ops: readonly ConfChangeOp[] = [{ type: "addVoter", id: 4 }];
  const change = { transition: "auto", ops, context: new Uint8Array() } as const;
  const data = Uint8Array.of(1);
  const raft = new Raft(optionsOf(1), {
    ...emptyState([1, 2, 3]),
    hardState: { term: 1, votedFor: undefined, commit: 1 },
    entries: [{ index: 1, term: 1, type: "confChangeV2", data, change }],
  });
  raft.step({ type: "campaign" });
  must(raft.status().role === "follower", "it campaigns with a change unapplied");
}

/** A node that lost its disk gives no vote that it may have given before. */
function lostVote(): void {
  const cluster = new Cluster({ count: 3 });
  const request = (from: number): RaftMessage => {
    const place = { lastIndex: 0, lastTerm: 0, isTransfer: false };
    return { type: "vote", from, to: 1, term: 5, ...place };
  };
  cluster.hold(({ type }) => type === "voteAnswer");
  cluster.inject(request(2));
  cluster.node(1).loseDisk();
  cluster.inject(request(3));
}

/** A leader that removes itself follows. */
function removedLeader(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.elect(1);
  cluster.leader.change({ type: "remove", id: 1 });
  cluster.settle();
  must(cluster.node(1).status.role === "follower", "one who is no member leads on");
}

/** A second change waits for the first. */
function oneChangeAtATime(): void {
  const cluster = new Cluster({ count: 5, voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.hold(({ type }) => type === "append");
  must(cluster.leader.change({ type: "addVoter", id: 4 }), "a first change is refused");
  must(!cluster.leader.change({ type: "addVoter", id: 5 }), "two changes are under way");
}

const ELECTION = { lastIndex: 0, lastTerm: 0, isTransfer: false } as const;

/** One voter's answer, however often it comes, is one vote. */
function repeatedVote(): void {
  const cluster = new Cluster({ count: 5 });
  for (const id of [3, 4, 5]) cluster.node(id).crash();
  cluster.hold(({ type }) => type === "preVoteAnswer");
  cluster.node(1).step({ type: "campaign" });
  cluster.settle();
  const answers = cluster.takeHeld();
  cluster.inject(...answers, ...answers, ...answers);
  must(cluster.node(1).status.role === "preCandidate", "one vote counts for several");
}

/** A vote is not told before it is on disk. */
function voteBeforeDisk(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.node(1).stallDisk();
  cluster.hold(({ type }) => type === "voteAnswer");
  cluster.inject({ type: "vote", from: 2, to: 1, term: 5, ...ELECTION });
  must(cluster.takeHeld().length === 0, "a vote is told before it is durable");
}

/** Nobody asks for votes before the own one is on disk. */
function candidacyBeforeDisk(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.node(2).stallDisk();
  cluster.hold(({ type }) => type === "vote");
  cluster.node(2).step({ type: "campaign" });
  cluster.settle();
  must(cluster.node(2).status.role === "candidate", "nobody lets it stand");
  must(cluster.takeHeld().length === 0, "votes are asked for before the own one is durable");
}

/** A vote in a term that is known already is as durable as one that begins a term. */
function voteInKnownTerm(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.hold(({ type }) => type === "voteAnswer");
  cluster.inject({ type: "heartbeatAnswer", from: 2, to: 1, term: 5 });
  cluster.inject({ type: "vote", from: 2, to: 1, term: 5, ...ELECTION });
  cluster.node(1).crash();
  cluster.node(1).restart();
  cluster.inject({ type: "vote", from: 3, to: 1, term: 5, ...ELECTION });
}

/** A node in touch with the voters of a live leader does not replace it, however good its log. */
function leaderInLease(): void {
  const cluster = new Cluster({ count: 3 });
  cluster.elect(1);
  cluster.node(3).step({ type: "campaign" });
  cluster.settle();
  must(cluster.node(1).status.role === "leader", "a live leader is deposed");
}

/** A follower with a tail of another term acknowledges no more than what the append was about. */
function foreignTail(): void {
  const hardState = { term: 3, votedFor: undefined, commit: 0 };
  const cluster = new Cluster({
    count: 3,
    states: { 2: { entries: entriesOf(1, 2, 2), hardState } },
  });
  const place = { prevIndex: 1, prevTerm: 1, entries: [], commit: 0 };
  cluster.hold(({ type }) => type === "appendAccepted");
  cluster.inject({ type: "append", from: 1, to: 2, term: 4, ...place });
  const [answer] = cluster.takeHeld();
  must(answer?.type === "appendAccepted", "a matching append is refused");
  must(answer.index === 1, "an acknowledgement names the end of the log");
}

/** Nodes 1 to 3 on their way to be replaced by 1, 4 and 5: the change is in force, and only the new half hears more. */
function halfway(): Cluster {
  const cluster = new Cluster({ count: 5, voters: [1, 2, 3] });
  cluster.elect(1);
  const isOld = (id: number): boolean => id === 2 || id === 3;
  cluster.hold(({ from, to }) => {
    const { configuration } = cluster.node(1).status;
    return configuration.votersOutgoing.length > 0 && (isOld(to) || isOld(from));
  });
  const added: readonly ConfChangeOp[] = [4, 5].map((id) => ({ type: "addVoter", id }));
  const removed: readonly ConfChangeOp[] = [2, 3].map((id) => ({ type: "remove", id }));
  must(cluster.node(1).change(...added, ...removed), "the change is refused");
  cluster.settle();
  cluster.tick(2);
  return cluster;
}

/** What only the new half holds is not committed. */
function jointCommit(): void {
  const { configuration } = halfway().node(1).status;
  must(
    configuration.votersOutgoing.length > 0,
    "the new half leaves the joint configuration alone",
  );
}

/** Whom only the new half votes for is not elected. */
function jointElection(): void {
  const cluster = halfway();
  must(cluster.node(4).status.configuration.votersOutgoing.length > 0, "4 does not know of it");
  cluster.hold(({ from, to }) => [from, to].some((id) => id < 4));
  cluster.node(1).crash();
  cluster.tick(6 * ELECTION_TICKS);
  must(cluster.leaders.length === 0, "the new half alone elects a leader");
}

/** The late completion of a write proves nothing of what was written over it. */
function lateCompletion(): void {
  const cluster = new Cluster({ count: 3 });
  const append = (term: number): RaftMessage => {
    const entries = [{ index: 1, term, type: "normal", data: Uint8Array.of(term) }] as const;
    const place = { prevIndex: 0, prevTerm: 0, commit: 0 };
    return { type: "append", from: 3, to: 2, term, ...place, entries };
  };
  cluster.node(2).stallDisk();
  cluster.inject(append(1), append(2));
  cluster.node(2).flushOne();
  must(cluster.node(2).status.durableIndex === 0, "an overwritten entry counts as durable");
  cluster.node(2).flushOne();
  must(cluster.node(2).status.durableIndex === 1, "a written entry does not count as durable");
}

/** What a leader's log agreed with says nothing of its successor's. */
function formerMatch(): void {
  const cluster = new Cluster({ count: 3 });
  const place = { prevIndex: 0, prevTerm: 0, commit: 0 };
  const entries = entriesOf(1, 1, 1);
  cluster.inject({ type: "append", from: 1, to: 2, term: 1, ...place, entries });
  cluster.inject({ type: "heartbeat", from: 3, to: 2, term: 2, commit: 2 });
  must(cluster.node(2).status.commitIndex === 0, "entries of a former leader are committed");
}

/** Of two voters one has removed the other and not heard that it is done; the other, which knows, has the longer log and stands no more. */
function loneSurvivor(): void {
  const change = {
    transition: "auto",
    ops: [{ type: "remove", id: 2 }],
    context: new Uint8Array(0),
  } as const;
  const data = new Uint8Array(1);
  const removal = { index: 2, term: 1, type: "confChangeV2", data, change } as const;
  const [first, , third] = entriesOf(1, 1, 1);
  const hardState = { term: 1, votedFor: 2, commit: 1 };
  const states = {
    1: { entries: [first!, removal], hardState },
    2: { entries: [first!, removal, third!], hardState: { ...hardState, commit: 2 } },
  };
  const cluster = new Cluster({ count: 2, states });
  cluster.tick(5 * ELECTION_TICKS);
  must(cluster.node(1).status.role === "leader", "nobody leads who has not heard of a commit");
}

/** By name. */
export const SCRIPTS: Readonly<Record<string, () => void>> = {
  oldTermOnMajority,
  harmlessQuestion,
  deafLeader,
  quickRepair,
  readAtDeposedLeader,
  readAtNewLeader,
  learnersDecideNothing,
  unappliedChange,
  lostVote,
  removedLeader,
  oneChangeAtATime,
  repeatedVote,
  voteBeforeDisk,
  candidacyBeforeDisk,
  voteInKnownTerm,
  leaderInLease,
  foreignTail,
  jointCommit,
  jointElection,
  lateCompletion,
  formerMatch,
  loneSurvivor,
  oldSnapshot,
  membersInSnapshot,
};
