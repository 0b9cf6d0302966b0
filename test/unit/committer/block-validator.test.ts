import { fc, test as propertyTest } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { BlockValidator } from "../../../src/committer/index.ts";
import { sha256 } from "../../../src/crypto/index.ts";
import { EMPTY_BYTES, equalBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { encodeSignaturePolicy, parsePolicy } from "../../../src/policy/index.ts";
import {
  ApplicationPolicy,
  ChaincodeEvent,
  CollectionConfigPackage,
  ConfigEnvelope,
  HeaderType,
  SignaturePolicyEnvelope,
  TxValidationCode,
  create,
  decode,
  encode,
} from "../../../src/wire/index.ts";
import { blockAfter } from "../../support/sample-blocks.ts";
import { sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { SampleState } from "../../support/sample-state.ts";
import {
  sampleEnvelope,
  sampleResults,
  sampleTransaction,
  transactionIdOf,
  writesOf,
  type TransactionRecipe,
} from "../../support/sample-transactions.ts";
import {
  nextConfigEnvelope,
  setBatchSize,
  updateEnvelope,
  updateOf,
} from "../../support/sample-updates.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const GARBAGE = new Uint8Array([0xff, 0xff]);
const HASH = sha256(utf8("key"));

let channel: SampleChannel;
let state: SampleState;
let original: Uint8Array;

beforeAll(async () => {
  channel = await sampleChannel();
  state = new SampleState();
  state.define("cc");
  state.define("either", { validationParameter: policyBytes("OR('Org1MSP.peer','Org2MSP.peer')") });
  state.define("collector", {
    validationParameter: policyBytes("OR('Org1MSP.peer')"),
    collections: collectionsOf(["plain"], ["guarded", "OR('Org2MSP.peer')"]),
  });
  state.define("foreign", { validationPlugin: "custom" });
  state.define("unguarded", { validationParameter: EMPTY_BYTES });
  state.define("unreadable", { validationParameter: GARBAGE });
  state.define("lost", {
    validationParameter: encode(ApplicationPolicy, {
      type: { $case: "channelConfigPolicyReference", value: "/Channel/Application/Nowhere" },
    }),
  });
  state.put("_lifecycle", "namespaces/metadata/broken", GARBAGE);
  const policy = encode(SignaturePolicyEnvelope, parsePolicy("AND('Org2MSP.peer')"));
  state.guard("either", "org2-only", policy);
  state.guardHashed("collector", "plain", HASH, policy);
  state.guard("either", "malformed", GARBAGE);
  original = await sampleTransaction(good());
});

function policyBytes(text: string): Uint8Array {
  return encodeSignaturePolicy(parsePolicy(text));
}

function collectionsOf(
  ...collections: readonly (readonly [name: string, policy?: string])[]
): Uint8Array {
  const config = collections.map(([name, policy]) => ({
    payload: {
      $case: "staticCollectionConfig" as const,
      value: {
        name,
        ...(policy === undefined
          ? {}
          : { endorsementPolicy: decode(ApplicationPolicy, policyBytes(policy)) }),
      },
    },
  }));
  return encode(CollectionConfigPackage, create(CollectionConfigPackage, { config }));
}

async function codesOf(
  data: readonly Uint8Array[],
  options: { readonly committed?: readonly string[] } = {},
): Promise<readonly TxValidationCode[]> {
  const validator = new BlockValidator({
    config: new ChannelConfigRef(channel.config),
    ledger: {
      tip: {
        hasTransaction: (txId) => options.committed?.includes(txId) ?? false,
        query: () => state,
        versionOf: (namespace) => ({ namespace }),
      },
    },
  });
  return (await validator.validate(blockAfter(channel.genesis, data))).codes;
}

function good(change: Partial<TransactionRecipe> = {}): TransactionRecipe {
  return {
    creator: channel.org1.client,
    endorsers: [channel.org1.peer, channel.org2.peer],
    nonce: "nonce",
    results: sampleResults(writesOf("cc", "key")),
    ...change,
  };
}

async function codeOf(change: Partial<TransactionRecipe>): Promise<TxValidationCode> {
  const [code] = await codesOf([await sampleTransaction(good(change))]);
  return code!;
}

describe("a valid transaction", () => {
  test("is endorsed by a majority of the organisations", async () => {
    expect(await codeOf({})).toBe(TxValidationCode.VALID);
  });

  test("may write nothing", async () => {
    expect(await codeOf({ results: EMPTY_BYTES })).toBe(TxValidationCode.VALID);
  });
});

describe("the envelope of a transaction", () => {
  test.each([
    ["that is no message", "INVALID_OTHER_REASON", (): Uint8Array => GARBAGE],
    ["that is empty", "BAD_COMMON_HEADER", (): Uint8Array => EMPTY_BYTES],
  ] as const)("%s gets %s", async (_, code, make) => {
    expect(await codesOf([make()])).toEqual([TxValidationCode[code]]);
  });

  test("without a readable payload gets BAD_PAYLOAD", async () => {
    expect(await codeOf({ payloadBytes: () => GARBAGE })).toBe(TxValidationCode.BAD_PAYLOAD);
  });

  const headers: readonly (readonly [string, () => Partial<TransactionRecipe>])[] = [
    ["no header", () => ({ payload: (payload) => ({ ...payload, header: undefined }) })],
    [
      "a malformed channel header",
      () => ({
        payload: ({ header, data }) => ({ header: { ...header!, channelHeader: GARBAGE }, data }),
      }),
    ],
    [
      "a malformed signature header",
      () => ({
        payload: ({ header, data }) => ({ header: { ...header!, signatureHeader: GARBAGE }, data }),
      }),
    ],
    ["an unknown type", () => ({ channelHeader: (header) => ({ ...header, type: 4 }) })],
    ["an epoch", () => ({ channelHeader: (header) => ({ ...header, epoch: 1 }) })],
    ["no nonce", () => ({ signatureHeader: (header) => ({ ...header, nonce: EMPTY_BYTES }) })],
    ["no creator", () => ({ signatureHeader: (header) => ({ ...header, creator: EMPTY_BYTES }) })],
  ];
  test.each(headers)("with %s gets BAD_COMMON_HEADER", async (_, change) => {
    expect(await codeOf(change())).toBe(TxValidationCode.BAD_COMMON_HEADER);
  });

  const creators: readonly (readonly [string, () => Partial<TransactionRecipe>])[] = [
    [
      "a signature of something else",
      () => ({
        envelope: ({ payload }) => ({ payload, signature: utf8("no signature") }),
      }),
    ],
    [
      "a creator that no organisation knows",
      () => ({ signatureHeader: (header) => ({ ...header, creator: GARBAGE }) }),
    ],
    [
      "another's creator",
      () => ({
        signatureHeader: (header) => ({ ...header, creator: channel.org2.client.identity }),
      }),
    ],
    ["another channel", () => ({ channelHeader: (header) => ({ ...header, channelId: "other" }) })],
  ];
  test.each(creators)("with %s gets BAD_CREATOR_SIGNATURE", async (_, change) => {
    expect(await codeOf(change())).toBe(TxValidationCode.BAD_CREATOR_SIGNATURE);
  });

  test("whose signature and body are both wrong gets the code of the signature", async () => {
    const code = await codeOf({
      data: () => GARBAGE,
      envelope: ({ payload }) => ({ payload, signature: EMPTY_BYTES }),
    });
    expect(code).toBe(TxValidationCode.BAD_CREATOR_SIGNATURE);
  });

  test("with another id than its nonce and creator make gets BAD_PROPOSAL_TXID", async () => {
    const code = await codeOf({ channelHeader: (header) => ({ ...header, txId: "00" }) });
    expect(code).toBe(TxValidationCode.BAD_PROPOSAL_TXID);
  });

  test("of type CONFIG_UPDATE gets UNSUPPORTED_TX_PAYLOAD", async () => {
    const code = await codeOf({
      channelHeader: (header) => ({ ...header, type: HeaderType.CONFIG_UPDATE }),
    });
    expect(code).toBe(TxValidationCode.UNSUPPORTED_TX_PAYLOAD);
  });
});

describe("the action of a transaction", () => {
  const actions: readonly (readonly [string, () => Partial<TransactionRecipe>])[] = [
    ["is no transaction", () => ({ data: () => GARBAGE })],
    ["is missing", () => ({ transaction: () => ({ actions: [] }) })],
    [
      "is one of two",
      () => ({ transaction: ({ actions }) => ({ actions: [...actions, ...actions] }) }),
    ],
    [
      "has a malformed header",
      () => ({
        transaction: ({ actions }) => ({ actions: [{ ...actions[0]!, header: GARBAGE }] }),
      }),
    ],
    [
      "has an empty header",
      () => ({
        transaction: ({ actions }) => ({ actions: [{ ...actions[0]!, header: EMPTY_BYTES }] }),
      }),
    ],
    [
      "has a malformed payload",
      () => ({
        transaction: ({ actions }) => ({ actions: [{ ...actions[0]!, payload: GARBAGE }] }),
      }),
    ],
    ["has no endorsed part", () => ({ actionPayload: (p) => ({ ...p, action: undefined }) })],
    [
      "has no proposal",
      () => ({ actionPayload: (p) => ({ ...p, chaincodeProposalPayload: EMPTY_BYTES }) }),
    ],
    [
      "has a malformed response",
      () => ({
        actionPayload: (p) => ({
          ...p,
          action: { ...p.action!, proposalResponsePayload: GARBAGE },
        }),
      }),
    ],
    [
      "answers another proposal",
      () => ({ actionPayload: (p) => ({ ...p, chaincodeProposalPayload: utf8("another") }) }),
    ],
  ];
  test.each(actions)("that %s gets INVALID_ENDORSER_TRANSACTION", async (_, change) => {
    expect(await codeOf(change())).toBe(TxValidationCode.INVALID_ENDORSER_TRANSACTION);
  });

  const event = (chaincodeId: string): Uint8Array =>
    encode(ChaincodeEvent, create(ChaincodeEvent, { chaincodeId, eventName: "e" }));
  const dispatched: readonly (readonly [string, string, () => Partial<TransactionRecipe>])[] = [
    [
      "BAD_HEADER_EXTENSION",
      "the extension is malformed",
      () => ({ headerExtension: () => GARBAGE }),
    ],
    [
      "BAD_RESPONSE_PAYLOAD",
      "the chaincode action is absent",
      () => ({ chaincodeActionBytes: () => EMPTY_BYTES }),
    ],
    [
      "BAD_RESPONSE_PAYLOAD",
      "the chaincode action is malformed",
      () => ({ chaincodeActionBytes: () => GARBAGE }),
    ],
    ["BAD_RWSET", "the read-write set is malformed", () => ({ results: GARBAGE })],
    [
      "INVALID_OTHER_REASON",
      "the extension names no chaincode",
      () => ({ headerExtension: () => EMPTY_BYTES }),
    ],
    [
      "INVALID_OTHER_REASON",
      "the action names no chaincode",
      () => ({ chaincodeAction: (action) => ({ ...action, chaincodeId: undefined }) }),
    ],
    [
      "INVALID_OTHER_REASON",
      "the event is malformed",
      () => ({ chaincodeAction: (action) => ({ ...action, events: GARBAGE }) }),
    ],
    [
      "INVALID_OTHER_REASON",
      "the event is another chaincode's",
      () => ({ chaincodeAction: (action) => ({ ...action, events: event("other") }) }),
    ],
    [
      "VALID",
      "the event is its own",
      () => ({
        chaincodeAction: (action) => ({ ...action, events: event("cc") }),
      }),
    ],
    ["INVALID_CHAINCODE", "the chaincode's name is empty", () => ({ chaincode: "" })],
    [
      "INVALID_CHAINCODE",
      "extension and action name different chaincodes",
      () => ({
        chaincodeAction: (action) => ({
          ...action,
          chaincodeId: { ...action.chaincodeId!, name: "either" },
        }),
      }),
    ],
    [
      "INVALID_CHAINCODE",
      "the version is empty",
      () => ({
        chaincodeAction: (action) => ({
          ...action,
          chaincodeId: { ...action.chaincodeId!, version: "" },
        }),
      }),
    ],
    [
      "ILLEGAL_WRITESET",
      "a namespace comes twice",
      () => ({ results: sampleResults(writesOf("cc", "a"), writesOf("cc", "b")) }),
    ],
    ["INVALID_CHAINCODE", "the chaincode is not defined", () => ({ chaincode: "nowhere" })],
    [
      "INVALID_CHAINCODE",
      "another namespace with writes is not defined",
      () => ({ results: sampleResults(writesOf("cc", "a"), writesOf("qscc", "b")) }),
    ],
    [
      "VALID",
      "a namespace that is not defined is only read",
      () => ({
        results: sampleResults(writesOf("cc", "a"), {
          namespace: "nowhere",
          kv: { reads: [{ key: "k" }] },
        }),
      }),
    ],
    ["INVALID_CHAINCODE", "its validation plugin does not exist", () => ({ chaincode: "foreign" })],
    ["INVALID_CHAINCODE", "its definition has no policy", () => ({ chaincode: "unguarded" })],
    ["INVALID_CHAINCODE", "its definition is unreadable", () => ({ chaincode: "broken" })],
    ["ENDORSEMENT_POLICY_FAILURE", "its policy is malformed", () => ({ chaincode: "unreadable" })],
    ["ENDORSEMENT_POLICY_FAILURE", "its policy does not exist", () => ({ chaincode: "lost" })],
  ];
  test.each(dispatched)("gets %s when %s", async (code, _, change) => {
    expect(await codeOf(change())).toBe(TxValidationCode[code as "VALID"]);
  });
});

describe("the endorsements of a transaction", () => {
  test("must come from a majority", async () => {
    const code = await codeOf({ endorsers: [channel.org1.peer] });
    expect(code).toBe(TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test("of clients count for nothing", async () => {
    const code = await codeOf({ endorsers: [channel.org1.peer, channel.org2.client] });
    expect(code).toBe(TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test("count once for one endorser, also when it signs twice", async () => {
    const code = await codeOf({ endorsers: [channel.org1.peer, channel.org1.peer] });
    expect(code).toBe(TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test("with a wrong signature are passed over", async () => {
    const spoil: TransactionRecipe["actionPayload"] = (payload) => {
      const [first, second] = payload.action!.endorsements;
      const endorsements = [{ ...first!, signature: second!.signature }, second!, first!];
      return { ...payload, action: { ...payload.action!, endorsements } };
    };
    expect(await codeOf({ actionPayload: spoil })).toBe(TxValidationCode.VALID);
  });

  test("must satisfy the policy of every namespace that is written", async () => {
    const results = sampleResults(writesOf("cc", "a"), writesOf("either", "b"));
    const both = await codeOf({ chaincode: "either", results });
    expect(both).toBe(TxValidationCode.VALID);
    const one = await codeOf({ chaincode: "either", results, endorsers: [channel.org1.peer] });
    expect(one).toBe(TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test.each([
    [["cc", "nowhere"], "ENDORSEMENT_POLICY_FAILURE"],
    [["nowhere", "cc"], "INVALID_CHAINCODE"],
  ] as const)("give the code of the first failing namespace of %j", async (names, code) => {
    const results = sampleResults(...names.map((name) => writesOf(name, "k")));
    const endorsers = [channel.org1.peer];
    expect(await codeOf({ results, endorsers })).toBe(TxValidationCode[code]);
  });
});

describe("writes to private data collections", () => {
  const otherHash = sha256(utf8("other"));
  const cases: readonly (readonly [string, "org1" | "org2", string, Uint8Array])[] = [
    ["VALID", "org1", "plain", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org2", "plain", otherHash],
    ["VALID", "org2", "guarded", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org1", "guarded", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org1", "guarded plain", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org1", "absent", otherHash],
    ["VALID", "org2", "_implicit_org_Org2MSP", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org1", "_implicit_org_Org2MSP", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org1", "_implicit_org_Org9MSP", otherHash],
    ["ENDORSEMENT_POLICY_FAILURE", "org1", "plain", HASH],
    ["VALID", "org2", "plain", HASH],
    ["ENDORSEMENT_POLICY_FAILURE", "org2", "", otherHash],
  ];
  test.each(cases)("get %s from %s in '%s'", async (code, organization, names, keyHash) => {
    const collections = Object.fromEntries(
      names.split(" ").map((name) => [name, { hashedWrites: [{ keyHash, valueHash: HASH }] }]),
    );
    const found = await codeOf({
      chaincode: "collector",
      endorsers: [channel[organization].peer],
      results: sampleResults({ namespace: "collector", collections }),
    });
    expect(found).toBe(TxValidationCode[code as "VALID"]);
  });
});

describe("keys with a policy of their own", () => {
  test.each([
    ["org1", ["org2-only"], "ENDORSEMENT_POLICY_FAILURE"],
    ["org2", ["org2-only"], "VALID"],
    ["org1", ["other"], "VALID"],
    ["org1", ["other", "org2-only"], "ENDORSEMENT_POLICY_FAILURE"],
    ["org2", ["malformed"], "ENDORSEMENT_POLICY_FAILURE"],
  ] as const)("let %s write %j: %s", async (organization, keys, code) => {
    const found = await codeOf({
      chaincode: "either",
      endorsers: [channel[organization].peer],
      results: sampleResults(writesOf("either", ...keys)),
    });
    expect(found).toBe(TxValidationCode[code]);
  });

  function metadataWrite(nonce: string, endorser: "org1" | "org2"): Promise<Uint8Array> {
    return sampleTransaction(
      good({
        nonce,
        chaincode: "either",
        endorsers: [channel[endorser].peer],
        results: sampleResults({ namespace: "either", kv: { metadataWrites: [{ key: "fresh" }] } }),
      }),
    );
  }

  function valueWrite(nonce: string, key: string): Promise<Uint8Array> {
    const results = sampleResults(writesOf("either", key));
    const endorsers = [channel.org1.peer];
    return sampleTransaction(good({ nonce, chaincode: "either", endorsers, results }));
  }

  test("cannot be written later in the block that changes the policy", async () => {
    const data = [
      await valueWrite("1", "fresh"),
      await metadataWrite("2", "org1"),
      await valueWrite("3", "fresh"),
      await valueWrite("4", "elsewhere"),
    ];
    expect(await codesOf(data)).toEqual([
      TxValidationCode.VALID,
      TxValidationCode.VALID,
      TxValidationCode.ENDORSEMENT_POLICY_FAILURE,
      TxValidationCode.VALID,
    ]);
  });

  test("can be written after a duplicate that would have changed the policy", async () => {
    const committed = [transactionIdOf({ creator: channel.org1.client, nonce: "2" })];
    const data = [await metadataWrite("2", "org1"), await valueWrite("3", "fresh")];
    expect(await codesOf(data, { committed })).toEqual([
      TxValidationCode.DUPLICATE_TXID,
      TxValidationCode.VALID,
    ]);
  });
});

describe("the namespace _lifecycle", () => {
  test("is written with the channel's LifecycleEndorsement", async () => {
    const change = { chaincode: "_lifecycle", results: sampleResults(writesOf("_lifecycle", "k")) };
    expect(await codeOf(change)).toBe(TxValidationCode.VALID);
    const one = await codeOf({ ...change, endorsers: [channel.org1.peer] });
    expect(one).toBe(TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });

  test("lets one organisation write its own implicit collection", async () => {
    const results = sampleResults({
      namespace: "_lifecycle",
      collections: { _implicit_org_Org1MSP: { hashedWrites: [{ keyHash: HASH }] } },
    });
    const change = { chaincode: "_lifecycle", results };
    const own = await codeOf({ ...change, endorsers: [channel.org1.peer] });
    expect(own).toBe(TxValidationCode.VALID);
    const other = await codeOf({ ...change, endorsers: [channel.org2.peer] });
    expect(other).toBe(TxValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });
});

describe("the id of a transaction", () => {
  test("that is in the ledger gets DUPLICATE_TXID before its content is judged", async () => {
    const recipe = good({ results: GARBAGE });
    const data = [await sampleTransaction(recipe)];
    const codes = await codesOf(data, { committed: [transactionIdOf(recipe)] });
    expect(codes).toEqual([TxValidationCode.DUPLICATE_TXID]);
  });

  test("that comes twice in a block is valid once", async () => {
    const one = await sampleTransaction(good());
    const codes = await codesOf([one, await sampleTransaction(good()), one]);
    expect(codes).toEqual([
      TxValidationCode.VALID,
      TxValidationCode.DUPLICATE_TXID,
      TxValidationCode.DUPLICATE_TXID,
    ]);
  });

  test("of an invalid transaction does not make a later one a duplicate", async () => {
    const weak = await sampleTransaction(good({ endorsers: [] }));
    const codes = await codesOf([weak, await sampleTransaction(good())]);
    expect(codes).toEqual([TxValidationCode.ENDORSEMENT_POLICY_FAILURE, TxValidationCode.VALID]);
  });
});

describe("a configuration transaction", () => {
  async function envelopeOf(
    sequence: number,
    channelId?: string,
    change: (content: ConfigEnvelope) => void = () => undefined,
  ): Promise<Uint8Array> {
    const content = await nextConfigEnvelope(channel.config, channel.ordererOrg.admin);
    content.config!.sequence = sequence;
    change(content);
    return sampleEnvelope(
      {
        creator: channel.ordererOrg.orderer,
        nonce: "config",
        channelHeader: (header) => ({
          ...header,
          type: HeaderType.CONFIG,
          ...(channelId === undefined ? {} : { channelId }),
        }),
      },
      encode(ConfigEnvelope, content),
    );
  }

  test("is valid when it follows the current configuration", async () => {
    expect(await codesOf([await envelopeOf(1)])).toEqual([TxValidationCode.VALID]);
  });

  test.each([0, 2])("of sequence %i gets INVALID_CONFIG_TRANSACTION", async (sequence) => {
    const codes = await codesOf([await envelopeOf(sequence)]);
    expect(codes).toEqual([TxValidationCode.INVALID_CONFIG_TRANSACTION]);
  });

  test.each([EMPTY_BYTES, GARBAGE, encode(ConfigEnvelope, create(ConfigEnvelope, { config: {} }))])(
    "of unusable content gets INVALID_CONFIG_TRANSACTION",
    async (data) => {
      const bytes = await sampleEnvelope(
        {
          creator: channel.ordererOrg.orderer,
          nonce: "config",
          channelHeader: (header) => ({ ...header, type: HeaderType.CONFIG }),
        },
        data,
      );
      expect(await codesOf([bytes])).toEqual([TxValidationCode.INVALID_CONFIG_TRANSACTION]);
    },
  );

  test("without an update, or with more than its update says, gets INVALID_CONFIG_TRANSACTION", async () => {
    const changes: readonly ((content: ConfigEnvelope) => void)[] = [
      (content) => (content.lastUpdate = undefined),
      (content) =>
        content.config!.channelGroup!.groups.get("Application")!.groups.delete("Org2MSP"),
    ];
    for (const change of changes) {
      const codes = await codesOf([await envelopeOf(1, undefined, change)]);
      expect(codes).toEqual([TxValidationCode.INVALID_CONFIG_TRANSACTION]);
    }
  });

  test("whose update too few have signed gets INVALID_CONFIG_TRANSACTION, whoever ordered it", async () => {
    const update = updateOf(channel.config, (root) => {
      setBatchSize(root, 7);
    });
    const lastUpdate = await updateEnvelope(update, [channel.org1.admin]);
    const codes = await codesOf([
      await envelopeOf(1, undefined, (content) => (content.lastUpdate = lastUpdate)),
    ]);
    expect(codes).toEqual([TxValidationCode.INVALID_CONFIG_TRANSACTION]);
  });

  test("that shares its block gets INVALID_CONFIG_TRANSACTION", async () => {
    const codes = await codesOf([await envelopeOf(1), await sampleTransaction(good())]);
    expect(codes).toEqual([TxValidationCode.INVALID_CONFIG_TRANSACTION, TxValidationCode.VALID]);
  });

  test("of another channel gets BAD_CREATOR_SIGNATURE", async () => {
    const codes = await codesOf([await envelopeOf(1, "other")]);
    expect(codes).toEqual([TxValidationCode.BAD_CREATOR_SIGNATURE]);
  });
});

describe("hostile transactions", () => {
  test("leave the others of their block alone", async () => {
    const noTransaction = await sampleTransaction(good({ nonce: "1", data: () => GARBAGE }));
    const empty = await sampleTransaction(
      good({ nonce: "2", transaction: () => ({ actions: [] }) }),
    );
    const codes = await codesOf([noTransaction, empty, await sampleTransaction(good())]);
    expect(codes).toEqual([
      TxValidationCode.INVALID_ENDORSER_TRANSACTION,
      TxValidationCode.INVALID_ENDORSER_TRANSACTION,
      TxValidationCode.VALID,
    ]);
  });

  propertyTest.prop([fc.uint8Array({ maxLength: 2_000 })])(
    "of random bytes get a code in bounded time",
    async (bytes) => {
      const startMs = cpuTimeMs();
      const [code] = await codesOf([bytes]);
      expect(code).not.toBe(TxValidationCode.VALID);
      expect(cpuTimeMs() - startMs).toBeLessThan(50);
    },
  );

  propertyTest.prop(
    [fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }), fc.nat()],
    { numRuns: 300 },
  )("made by spoiling a valid one are valid only if unchanged", async (flips, cut) => {
    const bytes = original.slice();
    for (const [position, flip] of flips) bytes[position % bytes.length]! ^= flip;
    const spoiled = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
    const startMs = cpuTimeMs();
    const codes = await codesOf([spoiled]);
    expect(cpuTimeMs() - startMs).toBeLessThan(50);
    expect(codes[0] === TxValidationCode.VALID).toBe(equalBytes(spoiled, original));
  });
});
