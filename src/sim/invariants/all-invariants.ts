import type { Invariant } from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";
import { StateWatch } from "./state-watch.ts";
import type { Oracle } from "../workload/oracle.ts";
import type { Workload } from "../workload/own-workload.ts";
import { AcknowledgedKept } from "./acknowledged-kept.ts";
import { AllConsenters } from "./all-consenters.ts";
import { BoundedQueues } from "./bounded-queues.ts";
import { CommittedOnce } from "./committed-once.ts";
import { EndedPeerIsOut } from "./ended-peer-is-out.ts";
import { EndorsedIsEnough } from "./endorsed-is-enough.ts";
import { ExpiredStaysOut } from "./expired-stays-out.ts";
import { FateWatch } from "./fate-watch.ts";
import { HashChain } from "./hash-chain.ts";
import { LedgerHistory } from "./ledger-history.ts";
import { LevelAtEnd } from "./level-at-end.ts";
import { MoneyConserved } from "./money-conserved.ts";
import { NeverBack } from "./never-back.ts";
import { NoFork } from "./no-fork.ts";
import { OneLeader } from "./one-leader.ts";
import { OneMembership } from "./one-membership.ts";
import { OrderedOnce } from "./ordered-once.ts";
import { OwnPromise } from "./own-promise.ts";
import { PrivateValues } from "./private-values.ts";
import { RaftProgress } from "./raft-progress.ts";
import { RealTimeOrder } from "./real-time-order.ts";
import { RefusedStaysOut } from "./refused-stays-out.ts";
import { Replay } from "./replay.ts";
import { RightCommitHash } from "./right-commit-hash.ts";
import { SameVerdicts } from "./same-verdicts.ts";
import { SerialReplay } from "./serial-replay.ts";
import { TransactionPlaces } from "./transaction-places.ts";
import { UnendorsedIsInvalid } from "./unendorsed-is-invalid.ts";

export interface Judged {
  /** No node's clock is ever wrong. Default true. */
  readonly areClocksRight?: boolean;
  readonly workload?: Workload | undefined;
  /** Since when nothing disturbs the network; infinite before. Default: it never is at rest. */
  readonly healedAtMs?: () => number;
}

/** Every property of a whole network, for one run: they share what they have read. `reach` counts states on the way. */
export function allInvariants(
  oracle: Oracle,
  reach: (state: SometimesState) => void,
  { areClocksRight = true, workload, healedAtMs = () => Infinity }: Judged = {},
): readonly Invariant[] {
  const history = new LedgerHistory();
  const replay = new Replay(history);
  const places = new TransactionPlaces(history);
  return [
    new OneLeader(),
    new RaftProgress(),
    new AllConsenters(),
    new NeverBack(),
    new BoundedQueues(),
    new NoFork(history),
    new HashChain(history),
    new SameVerdicts(history),
    new CommittedOnce(history),
    new OrderedOnce(history),
    new SerialReplay(history, replay),
    new RightCommitHash(history, replay),
    new MoneyConserved(history, replay),
    new AcknowledgedKept(oracle, history, places),
    new RefusedStaysOut(oracle, history, places),
    new EndorsedIsEnough(oracle),
    new UnendorsedIsInvalid(oracle, history, places),
    ...(areClocksRight
      ? [new ExpiredStaysOut(oracle, history, places), new EndedPeerIsOut(healedAtMs)]
      : []),
    new RealTimeOrder(oracle, history, places),
    ...ownPromises(workload),
    new StateWatch(reach),
    new FateWatch({ oracle, history, places, reach }),
    new PrivateValues({ history, replay, reach }),
    new LevelAtEnd(),
    new OneMembership(),
  ];
}

function ownPromises(workload: Workload | undefined): readonly Invariant[] {
  if (workload?.violationIn === undefined) return [];
  return [new OwnPromise((stateOf) => workload.violationIn?.(stateOf))];
}
