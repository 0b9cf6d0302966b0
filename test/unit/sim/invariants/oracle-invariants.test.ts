import { describe, expect, test } from "vitest";
import type { Invariant, Outcome } from "../../../../src/sim/contracts.ts";
import { AcknowledgedKept } from "../../../../src/sim/invariants/acknowledged-kept.ts";
import { EndorsedIsEnough } from "../../../../src/sim/invariants/endorsed-is-enough.ts";
import { ExpiredStaysOut } from "../../../../src/sim/invariants/expired-stays-out.ts";
import { LedgerHistory } from "../../../../src/sim/invariants/ledger-history.ts";
import { OrderedOnce } from "../../../../src/sim/invariants/ordered-once.ts";
import { RealTimeOrder } from "../../../../src/sim/invariants/real-time-order.ts";
import { RefusedStaysOut } from "../../../../src/sim/invariants/refused-stays-out.ts";
import { UnendorsedIsInvalid } from "../../../../src/sim/invariants/unendorsed-is-invalid.ts";
import { TransactionPlaces } from "../../../../src/sim/invariants/transaction-places.ts";
import { Oracle } from "../../../../src/sim/workload/oracle.ts";
import { Block, Envelope, decode } from "../../../../src/wire/index.ts";
import { WrittenChain, WrittenNetwork } from "./written-history.ts";

type Make = new (oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) => Invariant;

function setting(Made: Make): {
  oracle: Oracle;
  invariant: Invariant;
  network: WrittenNetwork;
  envelopeOf: (block: number) => Envelope;
} {
  const chain = new WrittenChain()
    .add({ txId: "a", writes: { x: "1" } })
    .add({ txId: "b", writes: { x: "2" } });
  const oracle = new Oracle();
  const history = new LedgerHistory();
  return {
    oracle,
    invariant: new Made(oracle, history, new TransactionPlaces(history)),
    network: new WrittenNetwork(chain),
    envelopeOf: (block) => decode(Envelope, decode(Block, chain.bytes(block)).data!.data[0]!),
  };
}

function acknowledged(txId: string, envelope: Envelope, code = 0): Outcome {
  return { kind: "acknowledged", txId, code, envelope };
}

describe("what clients were told", () => {
  test("is kept when it is in the chain with its code", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settle(acknowledged("a", envelopeOf(1)), 0, 5);
    oracle.settleAgain(acknowledged("b", envelopeOf(2)), envelopeOf(2));
    network.reach(1);
    network.peers[0]!.height = 2;
    expect(invariant.check(network.view)).toBeUndefined();
    expect(invariant.atEnd!(network.reach(3))).toBeUndefined();
  });

  test("is lost when no peer has it at that moment", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settle(acknowledged("b", envelopeOf(2)), 0, 5);
    expect(invariant.check(network.reach(2))).toBe(
      "b was acknowledged at 5 with code 0 and no peer has it",
    );
  });

  test("is not judged before every peer was looked at again, and then is", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settle(acknowledged("b", envelopeOf(2)), 0, 5);
    network.peers[1]!.seenAtMs = 4;
    expect(invariant.check(network.reach(2))).toBeUndefined();
    network.peers[1]!.seenAtMs = 5;
    expect(invariant.check(network.view)).toBe(
      "b was acknowledged at 5 with code 0 and no peer has it",
    );
  });

  test("is kept when it is seen late", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settle(acknowledged("b", envelopeOf(2), 11), 0, 5);
    network.peers[1]!.seenAtMs = 4;
    expect(invariant.check(network.reach(2))).toBeUndefined();
    expect(invariant.check(network.reach(3))).toBe(
      "b was acknowledged at 5 with code 11 and has 0 in block 2",
    );
  });

  test("is broken when the code is another one", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settle(acknowledged("a", envelopeOf(1), 11), 0, 5);
    expect(invariant.check(network.reach(2))).toBe(
      "a was acknowledged at 5 with code 11 and has 0 in block 1",
    );
  });

  test("is lost when one peer ends without it", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settle(acknowledged("b", envelopeOf(2)), 0, 5);
    expect(invariant.check(network.reach(3))).toBeUndefined();
    network.peers[1]!.height = 2;
    expect(invariant.atEnd!(network.view)).toBe("b was acknowledged and peer2 ends without it");
  });

  test("is lost when a gateway said that an orderer has it and no block has it", () => {
    const { oracle, invariant, network } = setting(AcknowledgedKept);
    oracle.settle({ kind: "unknown", txId: "a", isOrdered: true }, 0, 5);
    oracle.settle({ kind: "unknown", txId: "c", isOrdered: false }, 0, 5);
    expect(invariant.atEnd!(network.reach(3))).toBeUndefined();
    oracle.settle({ kind: "unknown", txId: "d", isOrdered: true }, 0, 5);
    expect(invariant.atEnd!(network.view)).toBe("an orderer took d and it is in no block");
  });

  test("is lost when an orderer took it and no block has it", () => {
    const { oracle, invariant, network, envelopeOf } = setting(AcknowledgedKept);
    oracle.settleAgain(acknowledged("b", envelopeOf(2)), envelopeOf(2));
    expect(invariant.atEnd!(network.reach(2))).toBe("an orderer took b and it is in no block");
  });
});

describe("what was refused", () => {
  test("stays out of the chain", () => {
    const { oracle, invariant, network, envelopeOf } = setting(RefusedStaysOut);
    oracle.settle({ kind: "refused", reason: "full", envelope: envelopeOf(2) }, 0, 5);
    expect(invariant.atEnd!(network.reach(2))).toBeUndefined();
    expect(invariant.atEnd!(network.reach(3))).toBe("b was refused and is in block 2");
  });

  test("may come in when it was sent again", () => {
    const { oracle, invariant, network, envelopeOf } = setting(RefusedStaysOut);
    oracle.settle({ kind: "refused", reason: "full", envelope: envelopeOf(2) }, 0, 5);
    oracle.sendAgain(envelopeOf(2));
    expect(invariant.atEnd!(network.reach(3))).toBeUndefined();
  });

  test("is seen when it is forged", () => {
    const { oracle, invariant, network, envelopeOf } = setting(RefusedStaysOut);
    oracle.sendForged({ ...envelopeOf(2), signature: Uint8Array.of(1) });
    expect(invariant.check(network.reach(3))).toBeUndefined();
    const next = setting(RefusedStaysOut);
    next.oracle.sendForged(envelopeOf(2));
    expect(next.invariant.check(network.reach(3))).toBe("transaction 0 of block 2 is a forged one");
  });
});

describe("what a gateway got endorsed", () => {
  test("may be in conflict with others, and not with its policy", () => {
    const { oracle, envelopeOf, network } = setting(AcknowledgedKept);
    const invariant: Invariant = new EndorsedIsEnough(oracle);
    oracle.settle(acknowledged("a", envelopeOf(1), 11), 0, 5);
    expect(invariant.check(network.view)).toBeUndefined();
    oracle.settle(acknowledged("b", envelopeOf(2), 10), 0, 5);
    expect(invariant.check(network.view)).toBe(
      "b was endorsed through a gateway, and has not satisfied its policy",
    );
  });
});

describe("what lacks endorsements", () => {
  test("may be in the chain, and is not valid there", () => {
    const { oracle, invariant, network, envelopeOf } = setting(UnendorsedIsInvalid);
    oracle.settleUnendorsed({ kind: "refused", reason: "no" }, envelopeOf(2));
    expect(invariant.check(network.reach(2))).toBeUndefined();
    expect(invariant.check(network.reach(3))).toBe("b lacks endorsements, and is valid in block 2");
    const conflicting = new WrittenChain().add(
      { txId: "a", writes: { x: "1" } },
      { txId: "b", reads: ["x"], writes: { x: "2" } },
    );
    const next = setting(UnendorsedIsInvalid);
    next.oracle.settleUnendorsed(acknowledged("b", envelopeOf(2)), envelopeOf(2));
    expect(next.oracle.ordered).toContain("b");
    expect(next.invariant.check(new WrittenNetwork(conflicting).reach(2))).toBeUndefined();
  });
});

describe("what is sent again", () => {
  test("is in the chain once", () => {
    const chain = new WrittenChain()
      .add({ txId: "a", writes: { x: "1" } })
      .add({ txId: "b", writes: { x: "2" } }, { txId: "a", isDuplicate: true });
    const network = new WrittenNetwork(chain);
    const invariant = new OrderedOnce(new LedgerHistory());
    expect(invariant.atEnd(network.reach(2))).toBeUndefined();
    expect(invariant.atEnd(network.reach(3))).toBe("a of block 1 is in block 2 too");
  });
});

describe("the order of the chain", () => {
  test("is free for what was under way at the same time", () => {
    const { oracle, invariant, network, envelopeOf } = setting(RealTimeOrder);
    oracle.settle(acknowledged("b", envelopeOf(2)), 0, 10);
    oracle.settle(acknowledged("a", envelopeOf(1)), 10, 20);
    expect(invariant.check(network.reach(3))).toBeUndefined();
  });

  test("is judged also for what is seen in the chain late", () => {
    const { oracle, invariant, network, envelopeOf } = setting(RealTimeOrder);
    oracle.settle(acknowledged("b", envelopeOf(2)), 0, 10);
    oracle.settle(acknowledged("a", envelopeOf(1)), 11, 20);
    expect(invariant.check(network.reach(2))).toBeUndefined();
    expect(invariant.check(network.reach(3))).toContain("a was asked for at 11");
  });

  test("is broken by what began later and stands before", () => {
    const { oracle, invariant, network, envelopeOf } = setting(RealTimeOrder);
    oracle.settle(acknowledged("b", envelopeOf(2)), 0, 10);
    oracle.settle(acknowledged("a", envelopeOf(1)), 11, 20);
    expect(invariant.check(network.reach(3))).toBe(
      "a was asked for at 11 and is in block 1, b was acknowledged before and is in block 2",
    );
  });
});

describe("what was signed with a certificate that had ended", () => {
  test("is in no block, and what was signed before is where it was", () => {
    const { oracle, invariant, network, envelopeOf } = setting(ExpiredStaysOut);
    oracle.settle(acknowledged("a", envelopeOf(1)), 0, 5);
    oracle.settle({ kind: "unknown", txId: "c", isExpired: true }, 6, 9);
    oracle.settle({ kind: "refused", reason: "expired", isExpired: true }, 6, 9);
    expect(invariant.check(network.reach(3))).toBeUndefined();
    oracle.settle({ kind: "unknown", txId: "b", isExpired: true }, 6, 9);
    expect(invariant.check(network.view)).toBe(
      "b was signed with a certificate that had ended, and is in block 2",
    );
  });
});
