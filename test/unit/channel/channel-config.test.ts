import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { concatBytes, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import {
  ChannelConfig,
  ChannelError,
  configOfBlock,
  principalSetsOf,
} from "../../../src/channel/index.ts";
import { verifySignatures, type SignedData } from "../../../src/msp/index.ts";
import { formatPolicy, rolePrincipal } from "../../../src/policy/index.ts";
import {
  ACLs,
  AnchorPeers,
  BatchSize,
  BatchTimeout,
  BlockDataHashingStructure,
  Capabilities,
  Config,
  ConfigGroup,
  ConsensusType,
  ConsensusType_State,
  Consortium,
  Envelope,
  EtcdraftConfigMetadata,
  HashingAlgorithm,
  MSPConfig,
  Metadata,
  OrdererAddresses,
  SignatureHeader,
  blockHeaderDer,
  create,
  decode,
  encode,
  type Block,
} from "../../../src/wire/index.ts";
import {
  configWith,
  fabricBlock,
  genesisBlock,
  groupAt,
  openBlock,
  setValue,
  valueOf,
} from "./fabric-channel.ts";

const parse = (change?: (root: ConfigGroup) => void): ChannelConfig =>
  ChannelConfig.parse("ch1", configWith(change));

function errorOf(run: () => unknown): ChannelError {
  try {
    run();
  } catch (error) {
    if (error instanceof ChannelError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const capabilities = (...names: readonly string[]): { capabilities: Map<string, object> } => ({
  capabilities: new Map(names.map((name) => [name, {}])),
});

describe("a channel configuration made by Fabric", () => {
  const config = ChannelConfig.fromBlock(genesisBlock());

  test("has an id, a sequence and capabilities", () => {
    expect(config.channelId).toBe("ch1");
    expect(config.sequence).toBe(0);
    expect(config.config).toEqual(configOfBlock(genesisBlock()));
    expect([...config.capabilities]).toEqual(["V2_0"]);
    expect([...config.orderer.capabilities]).toEqual(["V2_0"]);
    expect([...config.application.capabilities]).toEqual(["V2_5"]);
  });

  test("says how blocks are cut and ordered", () => {
    expect(config.orderer).toMatchObject({
      batchSize: { messageCountMax: 2, absoluteBytesMax: 65_536, preferredBytesMax: 8_192 },
      batchTimeoutMs: 500,
      consensusType: "etcdraft",
      state: "normal",
    });
    const { consenters, raftOptions } = config.orderer;
    expect(consenters.map(({ host, port }) => `${host}:${port}`)).toEqual([
      "127.0.0.1:17051",
      "127.0.0.1:17052",
      "127.0.0.1:17053",
    ]);
    for (const { clientTlsCertPem, serverTlsCertPem } of consenters) {
      expect(utf8Decode(clientTlsCertPem)).toContain("BEGIN CERTIFICATE");
      expect(utf8Decode(serverTlsCertPem)).toContain("BEGIN CERTIFICATE");
    }
    expect(raftOptions).toMatchObject({
      electionTicks: 10,
      heartbeatTicks: 1,
      inflightBlocksMax: 5,
    });
  });

  test("names its organisations and their MSPs", () => {
    expect(config.orderer.organizations).toMatchObject([
      { name: "OrdererOrg", mspId: "OrdererMSP" },
    ]);
    expect(config.application.organizations).toEqual([
      { name: "Org1", mspId: "Org1MSP", anchorPeers: [] },
    ]);
    expect([...config.mspManager.mspIds].sort()).toEqual(["OrdererMSP", "Org1MSP"]);
  });

  test("says where orderers are and whom to trust there", () => {
    const endpoints = config.ordererEndpoints();
    expect(endpoints.map(({ address }) => address)).toEqual([
      "127.0.0.1:17051",
      "127.0.0.1:17052",
      "127.0.0.1:17053",
    ]);
    for (const { mspId, tlsRootsPem } of endpoints) {
      expect(mspId).toBe("OrdererMSP");
      expect(tlsRootsPem).toHaveLength(1);
      expect(utf8Decode(tlsRootsPem[0]!)).toContain("BEGIN CERTIFICATE");
    }
  });

  test("has its policies at their paths", () => {
    for (const path of [
      "/Channel/Readers",
      "/Channel/Application/Org1/Admins",
      "/Channel/Orderer/BlockValidation",
    ]) {
      expect(config.policy(path)).toBeDefined();
    }
    for (const path of ["", "Readers", "/Channel", "/Channel/Application/Org2/Admins"]) {
      expect(config.policy(path)).toBeUndefined();
      expect(config.signaturePolicy(path)).toBeUndefined();
    }
    expect(formatPolicy(config.signaturePolicy("/Channel/Orderer/BlockValidation")!)).toBe(
      "OR(OR('OrdererMSP.member'))",
    );
  });

  test("says whose signatures a policy of policies needs", () => {
    const peer = rolePrincipal({ mspId: "Org1MSP", role: "peer" });
    expect(principalSetsOf(config, "/Channel/Application/Endorsement")).toEqual([
      [{ principal: peer, count: 1 }],
    ]);
    expect(principalSetsOf(config, "/Channel/Application/Endorsement", () => false)).toEqual([]);
    expect(principalSetsOf(config, "/Channel/Application/Nothing")).toBeUndefined();
  });

  test("lets the signers of real transactions and real blocks do what they did", async () => {
    const block = fabricBlock("o1-block001.pb");
    const envelope = decode(Envelope, block.data!.data[0]!);
    const { creator } = openBlock(block).signatureHeader;
    const { payload, signature } = envelope;
    const senders = await verifySignatures(config.mspManager, [
      { data: payload, identity: creator, signature },
    ]);
    expect(config.policy("/Channel/Application/Writers")!.evaluate(senders).satisfied).toBe(true);
    expect(config.policy("/Channel/Writers")!.evaluate(senders).satisfied).toBe(true);
    expect(config.policy("/Channel/Orderer/BlockValidation")!.evaluate(senders)).toEqual({
      satisfied: false,
      reason:
        "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied",
    });
    const signers = await verifySignatures(config.mspManager, blockSignatures(block));
    expect(signers).toHaveLength(1);
    expect(config.policy("/Channel/Orderer/BlockValidation")!.evaluate(signers).satisfied).toBe(
      true,
    );
    expect(config.policy("/Channel/Application/Writers")!.evaluate(signers).satisfied).toBe(false);
  });

  test("follows the real chain to its later configurations", () => {
    const { consenters } = ChannelConfig.fromBlock(fabricBlock("o1-block004.pb")).orderer;
    expect(consenters.length).toBeGreaterThanOrEqual(3);
  });
});

function blockSignatures(block: Block): SignedData[] {
  const { value, signatures } = decode(Metadata, block.metadata!.metadata[0]!);
  return signatures.map(({ signatureHeader, signature }) => ({
    data: concatBytes(value, signatureHeader, blockHeaderDer(block.header!)),
    identity: decode(SignatureHeader, signatureHeader).creator,
    signature,
  }));
}

describe("access control", () => {
  test.each([
    ["event/Block", "/Channel/Application/Readers"],
    ["peer/Propose", "/Channel/Application/Writers"],
    ["qscc/GetChainInfo", "/Channel/Application/Readers"],
    ["_lifecycle/CommitChaincodeDefinition", "/Channel/Application/Writers"],
  ])("guards %s with Fabric's default", (resource, path) => {
    expect(parse().aclPolicyPath(resource)).toBe(path);
  });

  test("follows the channel's own choices, relative to the application group", () => {
    const config = parse((root) => {
      setValue(groupAt(root, "Application"), "ACLs", ACLs, {
        acls: new Map([
          ["event/Block", { policyRef: "/Channel/Application/Org1/Admins" }],
          ["peer/Propose", { policyRef: "Admins" }],
          ["event/FilteredBlock", { policyRef: "" }],
          ["cscc/JoinChain", { policyRef: "Readers" }],
        ]),
      });
    });
    expect(config.aclPolicyPath("event/Block")).toBe("/Channel/Application/Org1/Admins");
    expect(config.aclPolicyPath("peer/Propose")).toBe("/Channel/Application/Admins");
    expect(config.aclPolicyPath("event/FilteredBlock")).toBe("/Channel/Application/Readers");
  });

  test.each(["cscc/JoinChain", "nothing", ""])("finds no policy for %j", (resource) => {
    const config = parse();
    expect(config.policy(config.aclPolicyPath(resource))).toBeUndefined();
  });
});

describe("orderer endpoints", () => {
  test("of the channel serve when no organisation lists any", () => {
    const config = parse((root) => {
      groupAt(root, "Orderer", "OrdererOrg").values.delete("Endpoints");
      setValue(root, "OrdererAddresses", OrdererAddresses, { addresses: ["o:1", "p:2"] });
    });
    const roots = config.orderer.organizations[0]!.tlsRootsPem;
    expect(config.ordererEndpoints()).toEqual([
      { address: "o:1", mspId: "", tlsRootsPem: roots },
      { address: "p:2", mspId: "", tlsRootsPem: roots },
    ]);
  });

  test("of the channel are left alone when an organisation lists its own", () => {
    const config = parse((root) => {
      setValue(root, "OrdererAddresses", OrdererAddresses, { addresses: ["o:1"] });
    });
    expect(config.ordererEndpoints().map(({ address }) => address)).not.toContain("o:1");
  });
});

describe("the orderer group", () => {
  const consensus = (root: ConfigGroup, fields: Partial<ConsensusType>): void => {
    const orderer = groupAt(root, "Orderer");
    const current = valueOf(orderer, "ConsensusType", ConsensusType);
    setValue(orderer, "ConsensusType", ConsensusType, { ...current, ...fields });
  };

  test("can be in maintenance", () => {
    const config = parse((root) => {
      consensus(root, { state: ConsensusType_State.STATE_MAINTENANCE });
    });
    expect(config.orderer.state).toBe("maintenance");
  });

  test("can have a consensus type of the past, which has no consenters", () => {
    const config = parse((root) => {
      consensus(root, { type: "kafka", metadata: new Uint8Array() });
    });
    expect(config.orderer).toMatchObject({ consensusType: "kafka", consenters: [] });
    expect(config.orderer.raftOptions).toBeUndefined();
  });

  type RaftMetadata = ReturnType<typeof EtcdraftConfigMetadata.decode>;
  const metadata = (root: ConfigGroup, change: (metadata: RaftMetadata) => void): void => {
    const current = valueOf(groupAt(root, "Orderer"), "ConsensusType", ConsensusType);
    const message = decode(EtcdraftConfigMetadata, current.metadata);
    change(message);
    consensus(root, { metadata: encode(EtcdraftConfigMetadata, message) });
  };

  test("snapshots every 16 MiB when the interval is zero", () => {
    const config = parse((root) => {
      metadata(root, (message) => {
        message.options!.snapshotIntervalSize = 0;
      });
    });
    expect(config.orderer.raftOptions?.snapshotIntervalBytes).toBe(16_777_216);
  });

  test.each<[string, (message: RaftMetadata) => void, string]>([
    ["no options", (message) => (message.options = undefined), "options are missing"],
    ["no consenter", (message) => (message.consenters = []), "there is no consenter"],
    [
      "a zero election tick",
      (message) => (message.options!.electionTick = 0),
      "electionTick is zero",
    ],
    [
      "a zero heartbeat tick",
      (message) => (message.options!.heartbeatTick = 0),
      "heartbeatTick is zero",
    ],
    [
      "no blocks in flight",
      (message) => (message.options!.maxInflightBlocks = 0),
      "maxInflightBlocks is zero",
    ],
    [
      "elections as fast as heartbeats",
      (message) => (message.options!.electionTick = 1),
      "must be greater than heartbeat tick",
    ],
    [
      "a tick of no time",
      (message) => (message.options!.tickInterval = "0s"),
      'tick interval "0s"',
    ],
    [
      "a tick of negative time",
      (message) => (message.options!.tickInterval = "-1s"),
      'tick interval "-1s"',
    ],
    [
      "an unreadable tick",
      (message) => (message.options!.tickInterval = "soon"),
      'tick interval "soon"',
    ],
    [
      "a consenter without certificate",
      (message) => (message.consenters[1]!.serverTlsCert = new Uint8Array()),
      "consenter 2 has no TLS certificate",
    ],
    [
      "a shared certificate",
      (message) => (message.consenters[2]!.clientTlsCert = message.consenters[0]!.serverTlsCert),
      "consenters 1 and 3 share a TLS certificate",
    ],
  ])("is refused with %s", (_name, change, problem) => {
    const error = errorOf(() =>
      parse((root) => {
        metadata(root, change);
      }),
    );
    expect(error.data).toEqual({ path: "/Channel/Orderer/ConsensusType" });
    expect(error.message).toContain(problem);
  });

  const batchSize = (fields: Partial<BatchSize>) => (root: ConfigGroup) => {
    const full = { maxMessageCount: 1, absoluteMaxBytes: 2, preferredMaxBytes: 2, ...fields };
    setValue(groupAt(root, "Orderer"), "BatchSize", BatchSize, full);
  };
  const timeout = (text: string) => (root: ConfigGroup) => {
    setValue(groupAt(root, "Orderer"), "BatchTimeout", BatchTimeout, { timeout: text });
  };

  test.each<[string, (root: ConfigGroup) => void, string]>([
    ["no messages", batchSize({ maxMessageCount: 0 }), "BatchSize"],
    ["no bytes", batchSize({ absoluteMaxBytes: 0 }), "BatchSize"],
    ["no preferred bytes", batchSize({ preferredMaxBytes: 0 }), "BatchSize"],
    ["more preferred bytes than allowed", batchSize({ preferredMaxBytes: 3 }), "BatchSize"],
    ["no batch size", (root) => groupAt(root, "Orderer").values.delete("BatchSize"), "BatchSize"],
    [
      "no batch timeout",
      (root) => groupAt(root, "Orderer").values.delete("BatchTimeout"),
      "BatchTimeout",
    ],
    ["a timeout of nothing", timeout("0s"), "BatchTimeout"],
    ["a negative timeout", timeout("-2s"), "BatchTimeout"],
    ["an unreadable timeout", timeout("2"), "BatchTimeout"],
    [
      "no consensus type",
      (root) => groupAt(root, "Orderer").values.delete("ConsensusType"),
      "ConsensusType",
    ],
    [
      "an unknown state",
      (root) => {
        consensus(root, { state: 5 as ConsensusType_State });
      },
      "ConsensusType",
    ],
    [
      "garbage for consensus metadata",
      (root) => {
        consensus(root, { metadata: Uint8Array.of(255) });
      },
      "ConsensusType",
    ],
  ])("is refused with %s", (_name, change, key) => {
    expect(errorOf(() => parse(change)).data).toEqual({ path: `/Channel/Orderer/${key}` });
  });
});

describe("a configuration is refused", () => {
  test.each<[string, (root: ConfigGroup) => void, string, string]>([
    [
      "with an unknown value of the channel",
      (root) => {
        setValue(root, "Odd", Consortium, {});
      },
      "/Channel/Odd",
      "unexpected key",
    ],
    [
      "with an unknown value of the orderers",
      (root) => {
        setValue(groupAt(root, "Orderer"), "ACLs", ACLs, {});
      },
      "/Channel/Orderer/ACLs",
      "unexpected key",
    ],
    [
      "with an unknown value of an organisation",
      (root) => {
        setValue(groupAt(root, "Application", "Org1"), "Endpoints", OrdererAddresses, {});
      },
      "/Channel/Application/Org1/Endpoints",
      "unexpected key",
    ],
    [
      "with a value named like a method",
      (root) => {
        setValue(root, "toString", Consortium, {});
      },
      "/Channel/toString",
      "unexpected key",
    ],
    [
      "with an unreadable value",
      (root) => {
        root.values.get("Capabilities")!.value = Uint8Array.of(255);
      },
      "/Channel/Capabilities",
      "not a valid common.Capabilities",
    ],
    [
      "without hashing algorithm",
      (root) => root.values.delete("HashingAlgorithm"),
      "/Channel/HashingAlgorithm",
      "unknown hashing algorithm",
    ],
    [
      "with an unknown hashing algorithm",
      (root) => {
        setValue(root, "HashingAlgorithm", HashingAlgorithm, { name: "MD5" });
      },
      "/Channel/HashingAlgorithm",
      "MD5",
    ],
    [
      "with another hash width",
      (root) => {
        setValue(root, "BlockDataHashingStructure", BlockDataHashingStructure, { width: 2 });
      },
      "/Channel/BlockDataHashingStructure",
      "width 2",
    ],
    [
      "without orderer group",
      (root) => root.groups.delete("Orderer"),
      "/Channel/Orderer",
      "missing",
    ],
    [
      "without application group",
      (root) => root.groups.delete("Application"),
      "/Channel/Application",
      "missing",
    ],
    [
      "with a group of system channels",
      (root) => root.groups.set("Consortiums", create(ConfigGroup, {})),
      "/Channel/Consortiums",
      "not allowed",
    ],
    [
      "with a group in an organisation",
      (root) => groupAt(root, "Application", "Org1").groups.set("X", create(ConfigGroup, {})),
      "/Channel/Application/Org1",
      "no sub-groups",
    ],
    [
      "with a group in an orderer organisation",
      (root) => groupAt(root, "Orderer", "OrdererOrg").groups.set("X", create(ConfigGroup, {})),
      "/Channel/Orderer/OrdererOrg",
      "no sub-groups",
    ],
    [
      "with an organisation without MSP",
      (root) => groupAt(root, "Application", "Org1").values.delete("MSP"),
      "/Channel/Application/Org1/MSP",
      "no MSP",
    ],
    [
      "with an MSP of an unknown type",
      (root) => {
        setValue(groupAt(root, "Application", "Org1"), "MSP", MSPConfig, { type: 7 });
      },
      "/Channel/Application/Org1/MSP",
      "type 7",
    ],
    [
      "with an empty MSP",
      (root) => {
        setValue(groupAt(root, "Application", "Org1"), "MSP", MSPConfig, {});
      },
      "/Channel/Application/Org1/MSP",
      "no id",
    ],
    [
      "with an MSP that names an organisation and nothing else",
      (root) => {
        setValue(groupAt(root, "Application", "Org1"), "MSP", MSPConfig, {
          config: Uint8Array.of(10, 1, 65),
        });
      },
      "/Channel/Application/Org1/MSP",
      "",
    ],
    [
      "with a group name that Fabric forbids",
      (root) => groupAt(root, "Application").groups.set("Org_2", create(ConfigGroup, {})),
      "/Channel/Application",
      '"Org_2" is not allowed',
    ],
    [
      "with a policy name that Fabric forbids",
      (root) => root.policies.set("..", root.policies.get("Admins")!),
      "/Channel",
      '".." is not allowed',
    ],
    [
      "with capabilities but none of orderers",
      (root) => groupAt(root, "Orderer").values.delete("Capabilities"),
      "/Channel/Orderer/Capabilities",
      "without orderer support",
    ],
    [
      "with ACLs below capability V1_2",
      (root) => {
        setValue(groupAt(root, "Application"), "Capabilities", Capabilities, capabilities("V1_1"));
        setValue(groupAt(root, "Application"), "ACLs", ACLs, {});
      },
      "/Channel/Application/ACLs",
      "V1_2",
    ],
    [
      "with endpoints of organisations below V1_4_2",
      (root) => {
        setValue(root, "Capabilities", Capabilities, capabilities("V1_3"));
        setValue(root, "OrdererAddresses", OrdererAddresses, { addresses: ["o:1"] });
      },
      "/Channel/Orderer/OrdererOrg/Endpoints",
      "V1_4_2",
    ],
    [
      "without any address below V1_4_2",
      (root) => {
        setValue(root, "Capabilities", Capabilities, capabilities("V1_3"));
      },
      "/Channel/OrdererAddresses",
      "must be set",
    ],
    [
      "with a policy that does not compile",
      (root) => {
        root.policies.get("Admins")!.policy!.type = 9;
      },
      "/Channel",
      "policy /Channel/Admins did not compile: type 9",
    ],
    [
      "with groups nested too deeply",
      (root) => {
        nest(groupAt(root, "Application", "Org1"), 40);
      },
      "/Channel/Application/Org1/g/g/g/g/g/g",
      "levels deep",
    ],
    [
      "with too many elements",
      (root) => {
        crowd(root, 20_001);
      },
      "/Channel",
      "more than 20000 elements",
    ],
  ])("%s", (_name, change, path, problem) => {
    const error = errorOf(() => parse(change));
    expect(error.data).toEqual({ path });
    expect(error.message).toContain(problem);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });

  function nest(group: ConfigGroup, depth: number): void {
    for (let inner = group; depth > 0; depth -= 1) {
      const next = create(ConfigGroup, {});
      inner.groups.set("g", next);
      inner = next;
    }
  }

  function crowd(root: ConfigGroup, count: number): void {
    const policy = root.policies.get("Admins")!;
    for (let index = 0; index < count; index += 1) root.policies.set(`p${index}`, policy);
  }

  test.each([
    ["channel", [], "V3_0"],
    ["orderer", ["Orderer"], "V3_0"],
    ["application", ["Application"], "V3_1"],
  ])("with an unsupported capability of the %s level", (level, names, capability) => {
    const error = errorOf(() =>
      parse((root) => {
        setValue(
          groupAt(root, ...names),
          "Capabilities",
          Capabilities,
          capabilities("V1_1", capability),
        );
      }),
    );
    expect(error.code).toBe("unsupported-capability");
    expect(error.message).toContain(
      `${level} capability ${capability} is required but not supported`,
    );
    expect(error.data["missing"]).toEqual([capability]);
  });

  test.each(["", "Ch1", "ch_1", "x".repeat(250)])("under the channel id %j", (channelId) => {
    const error = errorOf(() => ChannelConfig.parse(channelId, configWith()));
    expect(error.message).toContain("is not allowed");
  });

  test("without a channel group", () => {
    const config = create(Config, { sequence: 1 });
    expect(errorOf(() => ChannelConfig.parse("ch1", config)).data).toEqual({ path: "/Channel" });
  });

  test("with two versions of one MSP, though not with the same one twice", () => {
    const orderer = configWith().channelGroup!;
    const same = groupAt(orderer, "Orderer", "OrdererOrg").values.get("MSP")!;
    const twice = parse((root) => {
      groupAt(root, "Application", "Org1").values.set("MSP", same);
    });
    expect(twice.application.organizations[0]!.mspId).toBe("OrdererMSP");
    expect([...twice.mspManager.mspIds]).toEqual(["OrdererMSP"]);
    const error = errorOf(() =>
      parse((root) => {
        const config = decode(MSPConfig, same.value).config;
        setValue(groupAt(root, "Application", "Org1"), "MSP", MSPConfig, {
          config: Uint8Array.of(...config, 66, 0),
        });
      }),
    );
    expect(error.message).toContain("two different versions of MSP OrdererMSP");
  });
});

describe("a configuration of other parts", () => {
  test("lists anchor peers", () => {
    const config = parse((root) => {
      const anchorPeers = [{ host: "peer0", port: 7051 }];
      setValue(groupAt(root, "Application", "Org1"), "AnchorPeers", AnchorPeers, { anchorPeers });
    });
    expect(config.application.organizations[0]!.anchorPeers).toEqual([
      { host: "peer0", port: 7051 },
    ]);
  });

  test("may have an organisation of anonymous members, whose identities are not understood", () => {
    const config = parse((root) => {
      setValue(groupAt(root, "Application", "Org1"), "MSP", MSPConfig, {
        type: 1,
        config: Uint8Array.of(10, 5, ...utf8("Idemi")),
      });
    });
    expect(config.application.organizations[0]!.mspId).toBe("Idemi");
    expect(config.mspManager.msp("Idemi")).toBeUndefined();
  });

  test("may be of an old channel without capabilities", () => {
    const config = parse((root) => {
      for (const group of [root, groupAt(root, "Orderer"), groupAt(root, "Application")]) {
        group.values.delete("Capabilities");
      }
      groupAt(root, "Orderer", "OrdererOrg").values.delete("Endpoints");
      setValue(root, "OrdererAddresses", OrdererAddresses, { addresses: ["o:1"] });
    });
    expect(config.capabilities.size).toBe(0);
  });
});

describe("a hostile configuration", () => {
  const bytes = encode(Config, configWith());
  const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  });

  test.prop([edits], { numRuns: 150 })("is read or refused with a ChannelError", (changes) => {
    const damaged = bytes.slice();
    for (const [index, value] of changes) damaged[index] = value;
    let config: Config;
    try {
      config = decode(Config, damaged);
    } catch {
      return;
    }
    try {
      ChannelConfig.parse("ch1", config);
    } catch (error) {
      expect(error).toBeInstanceOf(ChannelError);
    }
  });
});
