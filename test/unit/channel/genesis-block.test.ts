import { describe, expect, test } from "vitest";
import { concatBytes, toHex, utf8 } from "../../../src/kernel/bytes.ts";
import {
  BATCH_SIZE_DEFAULT,
  ChannelConfig,
  ChannelError,
  RAFT_OPTIONS_DEFAULT,
  buildGenesisBlock,
  configOfBlock,
  isConfigBlock,
  lastConfigNumber,
  type ChannelProfile,
} from "../../../src/channel/index.ts";
import { ACLs, Block, OrdererAddresses, blockDataHash, encode } from "../../../src/wire/index.ts";
import { genesisBlock, groupAt, openBlock, profileOfGenesis, valueOf } from "./fabric-channel.ts";

describe("the first block of a channel", () => {
  const profile = profileOfGenesis();
  const real = genesisBlock();
  const built = buildGenesisBlock(profile);

  test("says the same as the one Fabric's tools made for the same channel", () => {
    expect(configOfBlock(built)).toEqual(configOfBlock(real));
    expect(openBlock(built).channelHeader).toEqual(openBlock(real).channelHeader);
    expect(openBlock(built).signatureHeader).toEqual(openBlock(real).signatureHeader);
    expect(built.metadata).toEqual(real.metadata);
    expect(encode(Block, built)).toHaveLength(encode(Block, real).length);
  });

  test("is a config block that is its own last one", () => {
    expect(isConfigBlock(built)).toBe(true);
    expect(lastConfigNumber(built)).toBe(0);
    expect(built.metadata!.metadata.map(toHex)).toEqual(["0a020a00", "", "", "", ""]);
    expect(built.header).toEqual({
      number: 0,
      previousHash: new Uint8Array(),
      dataHash: blockDataHash(built.data!.data),
    });
  });

  test("is the same for the same profile, whatever the order of what has none", () => {
    const again = buildGenesisBlock({
      ...profileOfGenesis(),
      timestampMs: profile.timestampMs + 999,
    });
    expect(encode(Block, again)).toEqual(encode(Block, built));
    const acls = [
      ["b", "Admins"],
      ["a", "Admins"],
    ] as const;
    const one = buildGenesisBlock({ ...profile, acls: new Map(acls) });
    const other = buildGenesisBlock({ ...profile, acls: new Map(acls.toReversed()) });
    expect(encode(Block, one)).toEqual(encode(Block, other));
  });

  test("differs with the nonce", () => {
    const other = buildGenesisBlock({ ...profile, nonce: utf8("another") });
    expect(openBlock(other).channelHeader.txId).not.toBe(openBlock(built).channelHeader.txId);
  });

  test("reads as its profile says", () => {
    const config = ChannelConfig.fromBlock(
      buildGenesisBlock({
        ...profile,
        batchSize: BATCH_SIZE_DEFAULT,
        batchTimeoutMs: 90_000,
        raftOptions: RAFT_OPTIONS_DEFAULT,
        capabilities: { channel: "V1_4_3", orderer: "V1_4_2", application: "V2_0" },
      }),
    );
    expect(config.orderer.batchSize).toEqual(BATCH_SIZE_DEFAULT);
    expect(config.orderer.batchTimeoutMs).toBe(90_000);
    expect(config.orderer.raftOptions).toEqual(RAFT_OPTIONS_DEFAULT);
    expect(config.orderer.consenters).toEqual(profile.consenters);
    expect([...config.capabilities, ...config.orderer.capabilities]).toEqual(["V1_4_3", "V1_4_2"]);
    expect([...config.application.capabilities]).toEqual(["V2_0"]);
  });

  test("holds addresses, ACLs and anchor peers only if there are any", () => {
    const [organization] = profile.applicationOrganizations;
    const anchorPeers = [{ host: "peer0", port: 7051 }];
    const full = buildGenesisBlock({
      ...profile,
      ordererAddresses: ["o:1"],
      acls: new Map([["event/Block", "Admins"]]),
      applicationOrganizations: [{ ...organization!, anchorPeers }],
    });
    const root = configOfBlock(full).channelGroup!;
    expect(valueOf(root, "OrdererAddresses", OrdererAddresses).addresses).toEqual(["o:1"]);
    expect(root.values.get("OrdererAddresses")!.modPolicy).toBe("/Channel/Orderer/Admins");
    expect(valueOf(groupAt(root, "Application"), "ACLs", ACLs).acls.get("event/Block")).toEqual({
      policyRef: "Admins",
    });
    expect(ChannelConfig.fromBlock(full).application.organizations[0]!.anchorPeers).toEqual(
      anchorPeers,
    );
  });

  const organization = profile.applicationOrganizations[0]!;

  test.each<[string, Partial<ChannelProfile>, string]>([
    ["a bad channel id", { channelId: "Ch1" }, 'channel id "Ch1" is not allowed'],
    ["no consenters", { consenters: [] }, "there is no consenter"],
    ["no batch timeout", { batchTimeoutMs: 0 }, "/Channel/Orderer/BatchTimeout"],
    [
      "an unsupported capability",
      { capabilities: { channel: "V3_0", orderer: "V2_0", application: "V2_5" } },
      "V3_0 is required but not supported",
    ],
    [
      "two organisations of one name",
      { applicationOrganizations: [organization, organization] },
      "two organisations have this name",
    ],
    [
      "an MSP of another name",
      { applicationOrganizations: [{ ...organization, mspId: "Org9MSP" }] },
      "is not its MSP's name Org1MSP",
    ],
    [
      "a bad organisation name",
      { applicationOrganizations: [{ ...organization, name: "Org_1" }] },
      '"Org_1" is not allowed',
    ],
    [
      "a name with powers",
      { applicationOrganizations: [{ ...organization, name: "__proto__" }] },
      '"__proto__" is not allowed',
    ],
  ])("is not made from %s", (_name, fields, problem) => {
    expect(() => buildGenesisBlock({ ...profile, ...fields })).toThrow(ChannelError);
    expect(() => buildGenesisBlock({ ...profile, ...fields })).toThrow(problem);
  });

  test("keeps to whole seconds, as Fabric does", () => {
    expect(openBlock(built).channelHeader.timestamp).toEqual(
      openBlock(real).channelHeader.timestamp,
    );
    expect(concatBytes(profile.nonce)).toHaveLength(24);
  });
});
