import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { CommittedOnce } from "../../../../src/sim/invariants/committed-once.ts";
import { HashChain } from "../../../../src/sim/invariants/hash-chain.ts";
import { LedgerHistory } from "../../../../src/sim/invariants/ledger-history.ts";
import { MoneyConserved } from "../../../../src/sim/invariants/money-conserved.ts";
import { NeverBack } from "../../../../src/sim/invariants/never-back.ts";
import { NoFork } from "../../../../src/sim/invariants/no-fork.ts";
import { PrivateValues } from "../../../../src/sim/invariants/private-values.ts";
import { Replay } from "../../../../src/sim/invariants/replay.ts";
import { RightCommitHash } from "../../../../src/sim/invariants/right-commit-hash.ts";
import { SameVerdicts } from "../../../../src/sim/invariants/same-verdicts.ts";
import { SerialReplay } from "../../../../src/sim/invariants/serial-replay.ts";
import type { Invariant } from "../../../../src/sim/contracts.ts";
import {
  BLOCK_METADATA,
  Metadata,
  TxValidationCode,
  encode,
  type Block,
} from "../../../../src/wire/index.ts";
import { WrittenChain, WrittenNetwork, otherData } from "./written-history.ts";

const ALICE = "account:0";
const BOB = "account:1";

/** Accounts are opened, money moves twice, one transfer conflicts, one comes again, a note is deleted. */
function bankChain(): WrittenChain {
  const both = [ALICE, BOB];
  return new WrittenChain()
    .add({ txId: "open", reads: [ALICE], writes: { [ALICE]: "10", [BOB]: "10", "note:1": "x" } })
    .add({ txId: "t1", reads: both, writes: { [ALICE]: "7", [BOB]: "13" } })
    .add(
      { txId: "t2", reads: both, writes: { [ALICE]: "6", [BOB]: "14" } },
      { txId: "t3", reads: both, writes: { [ALICE]: "0", [BOB]: "20" } },
      { txId: "t1", reads: both, writes: { [ALICE]: "5", [BOB]: "15" }, isDuplicate: true },
    )
    .add({ txId: "d1", writes: { "note:1": undefined } })
    .add({ txId: "h1", writes: { "note:2": "y" }, hides: { a: "1", b: "2", c: "3" } })
    .add(
      { txId: "h2", hides: { b: undefined } },
      { txId: "h3", seals: ["a"], hides: { a: "4" } },
      { txId: "h4", seals: ["a"], hides: { a: "5" } },
    );
}

/** The invariant's opinion when all nodes have gone through the chain block by block, and at the end. */
function opinion(invariant: Invariant, network: WrittenNetwork, height: number): string {
  for (let reached = 1; reached <= height; reached += 1) {
    const violation = invariant.check(network.reach(reached));
    if (violation !== undefined) return violation;
  }
  return invariant.atEnd?.(network.view) ?? "holds";
}

const MAKE: Readonly<Record<string, (history: LedgerHistory) => Invariant>> = {
  "no fork": (history) => new NoFork(history),
  "hash chain": (history) => new HashChain(history),
  "same verdicts": (history) => new SameVerdicts(history),
  "committed once": (history) => new CommittedOnce(history),
  "serial replay": (history) => new SerialReplay(history, new Replay(history)),
  "right commit hash": (history) => new RightCommitHash(history, new Replay(history)),
  "money conserved": (history) => new MoneyConserved(history, new Replay(history)),
  "private values": (history) =>
    new PrivateValues({ history, replay: new Replay(history), reach: () => undefined }),
  "never back": () => new NeverBack(),
};

function judge(name: string, spoil: (network: WrittenNetwork) => void = () => undefined): string {
  const chain = bankChain();
  const network = new WrittenNetwork(chain);
  spoil(network);
  return opinion(MAKE[name]!(new LedgerHistory()), network, chain.height);
}

function withMetadata(block: Block, index: number, entry: Uint8Array): Block {
  const metadata = [...block.metadata!.metadata];
  metadata[index] = entry;
  return { ...block, metadata: { metadata } };
}

/** Every peer stores other metadata with a block. */
function everywhere(
  network: WrittenNetwork,
  number: number,
  index: number,
  entry: Uint8Array,
): void {
  for (const peer of network.peers) {
    const bytes = peer.chain.bytes(number, (block) => withMetadata(block, index, entry));
    peer.instead.set(number, bytes);
  }
}

describe("an invariant about the ledger", () => {
  test.each(Object.keys(MAKE))("accepts a right history: %s", (name) => {
    expect(judge(name)).toBe("holds");
  });

  test("sees an orderer with another block at a height", () => {
    const verdict = judge("no fork", ({ orderers: [, second] }) => {
      second!.instead.set(2, second!.chain.bytes(2, otherData));
    });
    expect(verdict).toMatch(/^block 2 is .* at orderer2, .* at orderer1$/);
  });

  test("sees a block that changes after a restart", () => {
    const chain = bankChain();
    const network = new WrittenNetwork(chain);
    const invariant = new NoFork(new LedgerHistory());
    expect(invariant.check(network.reach(4))).toBeUndefined();
    const peer = network.peers[0]!;
    peer.instead.set(3, chain.bytes(3, otherData));
    expect(invariant.check(network.view)).toBeUndefined();
    peer.startCount += 1;
    expect(invariant.check(network.view)).toMatch(/^block 3 is /);
  });

  test("sees at the end that an old block has changed", () => {
    const chain = bankChain();
    const network = new WrittenNetwork(chain);
    const invariant = new NoFork(new LedgerHistory());
    expect(invariant.check(network.reach(5))).toBeUndefined();
    network.peers[1]!.instead.set(0, undefined);
    expect(invariant.atEnd(network.view)).toBe("peer2 has no readable block 0 below its height");
  });

  test("sees data that the header does not name", () => {
    const verdict = judge("hash chain", ({ orderers: [first] }) => {
      first!.instead.set(2, first!.chain.bytes(2, otherData));
    });
    expect(verdict).toMatch(/^block 2 of orderer1 says that its data hashes to /);
  });

  test("sees a block that does not name the one before it", () => {
    const verdict = judge("hash chain", ({ orderers: [first] }) => {
      const unlinked = (block: Block): Block => ({
        ...block,
        header: { ...block.header!, previousHash: new Uint8Array(32) },
      });
      first!.instead.set(3, first!.chain.bytes(3, unlinked));
    });
    expect(verdict).toMatch(/^block 3 of orderer1 names 0000/);
  });

  test("sees peers that disagree about a code", () => {
    const verdict = judge("same verdicts", ({ peers: [, second] }) => {
      const filter = Uint8Array.of(TxValidationCode.MVCC_READ_CONFLICT);
      const bytes = second!.chain.bytes(2, (block) =>
        withMetadata(block, BLOCK_METADATA.transactionsFilter, filter),
      );
      second!.instead.set(2, bytes);
    });
    expect(verdict).toBe("the codes of block 2 are 11 at peer2, 0 at peer1");
  });

  test("sees peers that disagree about the commit hash", () => {
    const verdict = judge("same verdicts", ({ peers: [, second] }) => {
      const hash = encode(Metadata, { value: utf8("another"), signatures: [] });
      const bytes = second!.chain.bytes(2, (block) =>
        withMetadata(block, BLOCK_METADATA.commitHash, hash),
      );
      second!.instead.set(2, bytes);
    });
    expect(verdict).toMatch(/^the commit hash of block 2 is 616e6f74686572 at peer2/);
  });

  test("sees a second copy that takes effect everywhere", () => {
    const verdict = judge("committed once", (network) => {
      everywhere(network, 3, BLOCK_METADATA.transactionsFilter, Uint8Array.of(0, 11, 0));
    });
    expect(verdict).toBe("t1 of block 2 is valid once more in block 3 at peer1");
  });

  test("sees a first copy that is called a duplicate", () => {
    const verdict = judge("committed once", (network) => {
      const filter = Uint8Array.of(TxValidationCode.DUPLICATE_TXID);
      everywhere(network, 2, BLOCK_METADATA.transactionsFilter, filter);
    });
    expect(verdict).toBe("t1 of block 2 is a duplicate of nothing at peer1");
  });

  test("sees a transaction that read what had changed and is valid everywhere", () => {
    const verdict = judge("serial replay", (network) => {
      everywhere(network, 3, BLOCK_METADATA.transactionsFilter, Uint8Array.of(0, 0, 2));
    });
    expect(verdict).toBe("transaction 1 (t3) of block 3 has code 0 at peer1 and must have 11");
  });

  test("sees a conflict that is none", () => {
    const verdict = judge("serial replay", (network) => {
      everywhere(network, 2, BLOCK_METADATA.transactionsFilter, Uint8Array.of(11));
    });
    expect(verdict).toBe("transaction 0 (t1) of block 2 has code 11 at peer1 and must have 0");
  });

  test("sees a peer whose state is not what the transactions wrote", () => {
    const verdict = judge("serial replay", ({ peers: [, second] }) => {
      second!.values.set(BOB, "1");
    });
    expect(verdict).toMatch(/^after block 1 bank\/account:1 is 31 at peer2, 3130 by replay$/);
  });

  test("sees at the end a key that nobody wrote", () => {
    const verdict = judge("serial replay", ({ peers: [first] }) => {
      first!.values.set("account:9", "1");
    });
    expect(verdict).toBe("after block 6 bank/account:9 is 31 at peer1, absent by replay");
  });

  test("sees a deleted key that is still there", () => {
    const chain = bankChain();
    const network = new WrittenNetwork(chain);
    const history = new LedgerHistory();
    const invariant = new SerialReplay(history, new Replay(history));
    expect(invariant.check(network.reach(4))).toBeUndefined();
    network.peers[0]!.values.set("note:1", "x");
    expect(invariant.check(network.reach(5))).toMatch(/^after block 4 bank\/note:1 is 78/);
  });

  test("sees a commit hash that is wrong everywhere", () => {
    const verdict = judge("right commit hash", (network) => {
      const hash = encode(Metadata, { value: utf8("same"), signatures: [] });
      everywhere(network, 2, BLOCK_METADATA.commitHash, hash);
    });
    expect(verdict).toMatch(/^the commit hash of block 2 is 73616d65 at peer1 and must be /);
  });

  test("sees a private value in a block whose commit hash leaves it out", () => {
    const verdict = judge("right commit hash", (network) => {
      const hash = encode(Metadata, { value: utf8("same"), signatures: [] });
      everywhere(network, 5, BLOCK_METADATA.commitHash, hash);
    });
    expect(verdict).toMatch(/^the commit hash of block 5 is 73616d65 at peer1 and must be /);
  });

  test("sees a transaction that read a hash that had changed and is valid everywhere", () => {
    const verdict = judge("serial replay", (network) => {
      everywhere(network, 6, BLOCK_METADATA.transactionsFilter, Uint8Array.of(0, 0, 0));
    });
    expect(verdict).toBe("transaction 2 (h4) of block 6 has code 0 at peer1 and must have 11");
  });

  test("sees a private value where it does not belong", () => {
    const verdict = judge("private values", ({ peers: [, second] }) => {
      second!.mspId = "Org3MSP";
    });
    expect(verdict).toBe("peer2 holds a of shared and is no member");
  });

  test("sees a private value that the block does not name", () => {
    const verdict = judge("private values", ({ peers: [, second] }) => {
      second!.secrets.set("shared/a", "9");
    });
    expect(verdict).toMatch(/^a of shared at peer2, height 6, has not the hash [0-9a-f]{64}$/);
  });

  test("sees a private value that one member lacks, or all who never died", () => {
    const isLacked = (names: readonly string[]): string =>
      judge("private values", ({ peers }) => {
        for (const peer of peers)
          if (names.includes(peer.name)) peer.secrets.set("shared/a", undefined);
      });
    expect(isLacked(["peer2"])).toBe("peer2 lacks a of shared, which peer1 holds");
    expect(isLacked(["peer1", "peer2"])).toMatch(
      /^nobody holds the value of shared whose key has the hash [0-9a-f]{64}, and no process has died$/,
    );
    const afterDeath = judge("private values", ({ peers }) => {
      for (const peer of peers) {
        peer.secrets.set("shared/a", undefined);
        peer.startCount = 2;
      }
    });
    expect(afterDeath).toBe("holds");
  });

  test("sees money that is made", () => {
    const verdict = judge("money conserved", (network) => {
      for (const peer of network.peers) peer.values.set(BOB, "10");
    });
    expect(verdict).toBe("the accounts hold 17 at peer1, height 3, and were opened with 20");
  });

  test("sees an account that is overdrawn", () => {
    const verdict = judge("money conserved", (network) => {
      network.peers[0]!.values.set(BOB, "-1");
    });
    expect(verdict).toBe("account:1 holds -1 at peer1, height 2");
  });

  test("lets a flipped bit cost the newest block, and no other", () => {
    const network = new WrittenNetwork(bankChain());
    const invariant = new NeverBack();
    const [first, second] = network.peers;
    expect(invariant.check(network.reach(4))).toBeUndefined();
    Object.assign(first!, { height: 3, rotCount: 1 });
    expect(invariant.check(network.view)).toBeUndefined();
    Object.assign(second!, { height: 2, rotCount: 1 });
    expect(invariant.check(network.view)).toBe("peer2 had 4 blocks and has 2 after start 1");
  });

  test("sees a node whose height falls, and lets one with a new disk begin again", () => {
    const network = new WrittenNetwork(bankChain());
    const invariant = new NeverBack();
    const peer = network.peers[1]!;
    expect(invariant.check(network.reach(4))).toBeUndefined();
    Object.assign(peer, { height: 0, ledgersLost: 1 });
    expect(invariant.check(network.view)).toBeUndefined();
    peer.height = 4;
    expect(invariant.check(network.view)).toBeUndefined();
    Object.assign(peer, { height: 0, isUp: false });
    expect(invariant.check(network.view)).toBeUndefined();
    Object.assign(peer, { height: 3, isUp: true, startCount: 3 });
    expect(invariant.check(network.view)).toBe("peer2 had 4 blocks and has 3 after start 3");
  });
});
