import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/kernel/bytes.ts";
import {
  EtcdraftClusterMetadata,
  Metadata,
  OrdererBlockMetadata,
  RaftConfChange,
  RaftConfChangeType,
  RaftEntry,
  RaftEntryType,
  RaftMessage,
  RaftMessageType,
  EtcdraftBlockMetadata,
  SignaturePolicyEnvelope,
  blockHeaderDer,
  blockHeaderHash,
  create,
  decode,
  encode,
} from "../../src/wire/index.ts";

function bytes(hex: string): Uint8Array {
  return fromHex(hex)!;
}

describe("a header with 0x11… before and 0x22… as data", () => {
  const previousHash = new Uint8Array(32).fill(0x11);
  const dataHash = new Uint8Array(32).fill(0x22);

  // Computed from the definition: X.690 INTEGER and OCTET STRING, SHA-256.
  test.each([
    [0n, "e9499908dd9bee5c08cb5ce778e7a913f0b4ade2be6ab5270cdcc242f2438588"],
    [1n, "2a44e23703a89329b8e1050c1fc8855c2b2e1fd990091e145a5cada75d513896"],
    [127n, "1e50be891d2475affbe8b2292d2f771d4ea0b0e853d52d0b341336d81fd27424"],
    [128n, "21255970fce2d8bd67c1b022cb7528f12d311fec7fc8ba34f5414d3983808260"],
    [255n, "0d69ddada34e9bb302ac09891b2bd3fd5f05763a8a364f2415e8b87a937e7e37"],
    [256n, "102f5fcde227f2fd991cf9af0ffa571244bf6cd2aee8d14fb8ff40a0a0d44e7c"],
    [2n ** 32n, "9e84e2beaf591c11efb4b51b2210805bf37c709da41b31108ea29b07d86eb657"],
    [2n ** 63n, "2e0de14bd29f764b8865a34ee9a7ed5579668d9320917168311b1c33bb703204"],
    [2n ** 64n - 1n, "6bd48f16ae9e5a452a33346c254ee299c24c94470654a897e60bbd94e2906e25"],
  ])("hashes, as block %d, to %s", (number, hash) => {
    expect(toHex(blockHeaderHash({ number, previousHash, dataHash }))).toBe(hash);
  });

  test("is the same for a number and a bigint", () => {
    expect(blockHeaderDer({ number: 2 ** 32, previousHash, dataHash })).toEqual(
      blockHeaderDer({ number: 2n ** 32n, previousHash, dataHash }),
    );
  });

  test("keeps 128 positive with a leading zero", () => {
    const der = toHex(blockHeaderDer({ number: 128, previousHash, dataHash }));
    expect(der.startsWith("304802020080")).toBe(true);
  });
});

describe("orderer metadata", () => {
  test("names block 0 as its last config with a message that is empty and present", () => {
    const raft = create(EtcdraftBlockMetadata, {
      consenterIds: [1, 2, 3],
      nextConsenterId: 4,
      raftIndex: 5,
    });
    const wrapped = create(Metadata, { value: encode(EtcdraftBlockMetadata, raft) });
    const value = create(OrdererBlockMetadata, {
      lastConfig: { index: 0 },
      consenterMetadata: encode(Metadata, wrapped),
    });
    expect(toHex(encode(OrdererBlockMetadata, value))).toBe("0a00120b0a090a0301020310041805");
  });

  test("packs the active nodes", () => {
    const metadata = { activeNodes: [1, 2, 3] };
    expect(toHex(encode(EtcdraftClusterMetadata, metadata))).toBe("0a03010203");
    expect(decode(EtcdraftClusterMetadata, bytes("0a03010203"))).toEqual(metadata);
  });
});

describe("Raft messages as etcd 3.5 writes them, zeros spelt out", () => {
  const emptySnapshot = {
    metadata: { confState: {} },
  };

  test("a heartbeat decodes", () => {
    const heartbeat = bytes("08081003180120022800300040094a0a12080a0228001000180050005800");
    expect(decode(RaftMessage, heartbeat)).toEqual(
      create(RaftMessage, {
        type: RaftMessageType.MsgHeartbeat,
        to: 3,
        from: 1,
        term: 2,
        commit: 9,
        snapshot: emptySnapshot,
      }),
    );
  });

  test("a pre-vote decodes", () => {
    const preVote = bytes("08111003180220032802300a40004a0a12080a0228001000180050005800");
    expect(decode(RaftMessage, preVote)).toEqual(
      create(RaftMessage, {
        type: RaftMessageType.MsgPreVote,
        to: 3,
        from: 2,
        term: 3,
        logTerm: 2,
        index: 10,
        snapshot: emptySnapshot,
      }),
    );
  });

  test("the first entry of a log decodes to the addition of node 1", () => {
    const entry = decode(RaftEntry, bytes("0801100118012206080010001801"));
    expect(entry).toMatchObject({ type: RaftEntryType.EntryConfChange, term: 1, index: 1 });
    expect(decode(RaftConfChange, entry.data)).toEqual(
      create(RaftConfChange, { type: RaftConfChangeType.ConfChangeAddNode, nodeId: 1 }),
    );
  });
});

test("a policy of one signature keeps the index 0 of its signer on the wire", () => {
  const member = create(SignaturePolicyEnvelope, {
    rule: {
      type: {
        $case: "nOutOf",
        value: { n: 1, rules: [{ type: { $case: "signedBy", value: 0 } }] },
      },
    },
    identities: [{ principal: bytes("0a0141") }],
  });
  expect(toHex(encode(SignaturePolicyEnvelope, member))).toBe("120812060801120208001a0512030a0141");
});
