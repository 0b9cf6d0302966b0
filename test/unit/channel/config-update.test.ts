import { fc, test as propertyTest } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import {
  ChannelConfig,
  applyConfigUpdate,
  computeConfigUpdate,
  configEnvelopeFault,
  readConfigUpdate,
  transitionFault,
  type ConfigUpdateOutcome,
} from "../../../src/channel/index.ts";
import { compareUtf8 } from "../../../src/kernel/bytes.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { verifySignatures } from "../../../src/msp/index.ts";
import {
  BatchSize,
  ConfigUpdate,
  ConfigUpdateEnvelope,
  FabricMSPConfig,
  HeaderType,
  MSPConfig,
  Payload,
  create,
  decode,
  encode,
  type ConfigEnvelope,
  type ConfigGroup,
  type Envelope,
} from "../../../src/wire/index.ts";
import { sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { changedGroup, updateEnvelope, updateOf } from "../../support/sample-updates.ts";
import { groupAt, setValue } from "./fabric-channel.ts";

const BATCH = { maxMessageCount: 7, absoluteMaxBytes: 99_000, preferredMaxBytes: 4_000 };

let channel: SampleChannel;
let admins: readonly Signer[];

beforeAll(async () => {
  channel = await sampleChannel();
  admins = [channel.org1.admin, channel.org2.admin, channel.ordererOrg.admin];
});

function batchChange(root: ConfigGroup): void {
  const orderer = groupAt(root, "Orderer");
  setValue(orderer, "BatchSize", BatchSize, BATCH);
}

async function apply(
  envelope: Envelope,
  config: ChannelConfig = channel.config,
): Promise<ConfigUpdateOutcome> {
  const reading = readConfigUpdate(envelope);
  if (!reading.ok) return reading;
  const { request } = reading;
  const signers = await verifySignatures(config.mspManager, request.signedData);
  return applyConfigUpdate(config, request, signers);
}

async function refusalOf(
  change: (update: ConfigUpdate) => void,
  signers: readonly Signer[] = admins,
): Promise<string> {
  const update = updateOf(channel.config, batchChange);
  change(update);
  const outcome = await apply(await updateEnvelope(update, signers));
  return outcome.ok ? "taken" : outcome.reason;
}

async function applied(change: (root: ConfigGroup) => void): Promise<ConfigEnvelope> {
  const outcome = await apply(await updateEnvelope(updateOf(channel.config, change), admins));
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.envelope;
}

async function faultOf(envelope: ConfigEnvelope): Promise<string | undefined> {
  const reading = readConfigUpdate(envelope.lastUpdate!);
  if (!reading.ok) return reading.reason;
  const { request } = reading;
  const signers = await verifySignatures(channel.config.mspManager, request.signedData);
  return configEnvelopeFault(channel.config, envelope, request, signers);
}

describe("an update that its admins have signed", () => {
  test("changes the value, raises its version and the sequence, and nothing else", async () => {
    const envelope = await updateEnvelope(updateOf(channel.config, batchChange), admins);
    const outcome = await apply(envelope);
    expect(outcome).toMatchObject({ ok: true, envelope: { lastUpdate: envelope } });
    const { config } = (outcome as { envelope: ConfigEnvelope }).envelope;
    const expected = changedGroup(channel.config, (root) => {
      batchChange(root);
      groupAt(root, "Orderer").values.get("BatchSize")!.version = 1;
    });
    expect(config?.sequence).toBe(1);
    expect(config?.channelGroup).toEqual(expected);
    expect(ChannelConfig.parse("sample", config!).orderer.batchSize.messageCountMax).toBe(7);
  });

  test("removes a group by no longer listing it, and raises its parent's version", async () => {
    const { config } = await applied((root) => {
      groupAt(root, "Application").groups.delete("Org2MSP");
    });
    const application = groupAt(config!.channelGroup!, "Application");
    expect([...application.groups.keys()]).toEqual(["Org1MSP"]);
    expect(application.version).toBe(1);
    expect(groupAt(application, "Org1MSP").version).toBe(0);
  });

  test("adds a group, whose parts all begin at version 0", async () => {
    const { config } = await applied((root) => {
      const org1 = groupAt(root, "Application", "Org1MSP");
      groupAt(root, "Application").groups.set("Org3MSP", org1);
    });
    const added = groupAt(config!.channelGroup!, "Application", "Org3MSP");
    expect(added.version).toBe(0);
    expect([...added.values.values()].map(({ version }) => version)).toEqual([0]);
  });

  test("mends an empty mod_policy, which would lock its element, once orderers have capabilities", async () => {
    const unlocked = changedGroup(channel.config, (root) => {
      groupAt(root, "Orderer").values.get("BatchTimeout")!.modPolicy = "";
    });
    const locked = ChannelConfig.parse("sample", { sequence: 0, channelGroup: unlocked });
    const outcome = await apply(
      await updateEnvelope(updateOf(locked, batchChange), admins),
      locked,
    );
    const { config } = (outcome as { envelope: ConfigEnvelope }).envelope;
    const timeout = groupAt(config!.channelGroup!, "Orderer").values.get("BatchTimeout");
    expect(timeout?.modPolicy).toBe("Admins");
  });
});

describe("what an update may not do", () => {
  test("be signed by too few", async () => {
    expect(await refusalOf(() => undefined, [channel.org1.admin])).toBe(
      "error authorizing update: error validating DeltaSet: policy for [Value]  /Channel/Orderer/BatchSize not satisfied: " +
        "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Admins' sub-policies to be satisfied",
    );
  });

  test("count the signature of the envelope among those of the configuration", async () => {
    const update = updateOf(channel.config, batchChange);
    const outcome = await apply(await updateEnvelope(update, [], channel.ordererOrg.admin));
    expect(outcome).toMatchObject({ ok: false, reason: containing("not satisfied") });
  });

  test("carry a signature over another update", async () => {
    const other = updateOf(channel.config, (root) => {
      setValue(groupAt(root, "Orderer"), "BatchSize", BatchSize, { ...BATCH, maxMessageCount: 8 });
    });
    const stolen = await updateEnvelope(other, admins);
    const payload = decode(Payload, stolen.payload);
    const signed = decode(ConfigUpdateEnvelope, payload.data);
    signed.configUpdate = encode(ConfigUpdate, updateOf(channel.config, batchChange));
    payload.data = encode(ConfigUpdateEnvelope, signed);
    const outcome = await apply({ ...stolen, payload: encode(Payload, payload) });
    expect(outcome).toMatchObject({ ok: false, reason: containing("not satisfied") });
  });

  test("be for another channel", async () => {
    const reason = await refusalOf((update) => (update.channelId = "other"));
    expect(reason).toBe(
      "error authorizing update: ConfigUpdate for channel 'other' but envelope for channel 'sample'",
    );
  });

  test("have read another version", async () => {
    const reason = await refusalOf((update) => (update.readSet!.version = 3));
    expect(reason).toBe(
      "error authorizing update: error validating ReadSet: proposed update requires that key [Group]  /Channel be at version 3, but it is currently at version 0",
    );
  });

  test("have read what is not there", async () => {
    const reason = await refusalOf((update) => {
      update.readSet!.values.set("Gone", { version: 0, value: new Uint8Array(0), modPolicy: "" });
    });
    expect(reason).toContain(
      "existing config does not contain element for [Value]  /Channel/Gone but was in the read set",
    );
  });

  test.each([
    [
      0,
      "attempt to set key [Value]  /Channel/Orderer/BatchSize to version 0, but key is at version 0",
    ],
    [
      2,
      "attempt to set key [Value]  /Channel/Orderer/BatchSize to version 2, but key is at version 0",
    ],
  ])("write version %d of an element at version 0", async (version, text) => {
    const reason = await refusalOf((update) => {
      update.writeSet!.groups.get("Orderer")!.values.get("BatchSize")!.version = version;
    });
    expect(reason).toBe(`error authorizing update: error validating DeltaSet: ${text}`);
  });

  test("write a new element at a version other than 0", async () => {
    const reason = await refusalOf((update) => {
      const { values } = update.writeSet!.groups.get("Orderer")!;
      values.set("New", { ...values.get("BatchSize")!, version: 1 });
      values.delete("BatchSize");
    });
    expect(reason).toContain(
      "attempted to set key [Value]  /Channel/Orderer/New to version 1, but key does not exist",
    );
  });

  test.each([
    ["", "mod_policy not set"],
    ["Ad mins", "path element at 0 is invalid: config ID 'Ad mins' contains illegal characters"],
    ["/Channel//Admins", "path element at 1 is invalid: config ID illegal, cannot be empty"],
  ])("give an element mod_policy %j", async (modPolicy, text) => {
    const reason = await refusalOf((update) => {
      update.writeSet!.groups.get("Orderer")!.values.get("BatchSize")!.modPolicy = modPolicy;
    });
    expect(reason).toContain(
      `invalid mod_policy for element [Value]  /Channel/Orderer/BatchSize: ${text}`,
    );
  });

  test("change nothing, whether nothing or an element that no group lists is written", async () => {
    const nothing =
      "error authorizing update: error validating DeltaSet: delta set was empty -- update would have no effect";
    expect(await refusalOf((update) => (update.writeSet = update.readSet))).toBe(nothing);
    const unlisted = await refusalOf((update) => {
      const value = { version: 0, value: new Uint8Array(0), modPolicy: "Admins" };
      update.writeSet = { ...update.readSet!, groups: new Map(), values: new Map([["X", value]]) };
      update.readSet!.groups.clear();
    }, []).catch(() => "no sender");
    expect(unlisted).toBe("no sender");
    const update = create(ConfigUpdate, { channelId: "sample", readSet: {}, writeSet: {} });
    update.writeSet!.values.set("X", { version: 0, value: new Uint8Array(0), modPolicy: "Admins" });
    expect(await apply(await updateEnvelope(update, [], channel.org1.client))).toEqual({
      ok: false,
      reason: nothing,
    });
  });

  test("use names that are not Fabric's, or more elements than a configuration has", async () => {
    const named = await refusalOf((update) => {
      const { values } = update.writeSet!;
      values.set("a/b", { version: 0, value: new Uint8Array(0), modPolicy: "Admins" });
    });
    expect(named).toContain(
      "error mapping WriteSet: illegal characters in key: [Value]  : config ID 'a/b'",
    );
    const many = await refusalOf((update) => {
      for (let index = 0; index < 20_001; index += 1) {
        const value = { version: 0, value: new Uint8Array(0), modPolicy: "" };
        update.readSet!.values.set(`k${index}`, value);
      }
    });
    expect(many).toContain("more than 20000 elements");
  });
});

describe("a configuration transaction", () => {
  test("is what its update makes of the current configuration", async () => {
    expect(await faultOf(await applied(batchChange))).toBeUndefined();
  });

  test("is refused when it says more than its update", async () => {
    const envelope = await applied(batchChange);
    envelope.config!.channelGroup!.groups.get("Application")!.groups.delete("Org2MSP");
    expect(await faultOf(envelope)).toBe(
      "ConfigEnvelope LastUpdate did not produce the supplied config result",
    );
  });

  test("is refused when its update was not signed by those who must", async () => {
    const outcome = await apply(
      await updateEnvelope(updateOf(channel.config, batchChange), admins),
    );
    const { envelope } = outcome as { envelope: ConfigEnvelope };
    envelope.lastUpdate = await updateEnvelope(updateOf(channel.config, batchChange), [
      channel.org1.admin,
    ]);
    expect(await faultOf(envelope)).toContain(
      "policy for [Value]  /Channel/Orderer/BatchSize not satisfied",
    );
  });

  test("is refused at another sequence, and without a configuration", async () => {
    const envelope = await applied(batchChange);
    envelope.config!.sequence = 2;
    expect(await faultOf(envelope)).toBe(
      "config currently at sequence 0, cannot validate config at sequence 2",
    );
    expect(await faultOf({ ...envelope, config: undefined })).toBe(
      "config envelope has nil config",
    );
  });
});

describe("a transition", () => {
  test("may not change an organisation's MSP id", () => {
    const channelGroup = changedGroup(channel.config, (root) => {
      const { values } = groupAt(root, "Application", "Org2MSP");
      const msp = decode(MSPConfig, values.get("MSP")!.value);
      const fabric = { ...decode(FabricMSPConfig, msp.config), name: "Org9MSP" };
      const changed = { ...msp, config: encode(FabricMSPConfig, fabric) };
      values.set("MSP", { version: 1, modPolicy: "Admins", value: encode(MSPConfig, changed) });
    });
    const next = ChannelConfig.parse("sample", { sequence: 1, channelGroup });
    expect(transitionFault(channel.config, next)).toBe(
      "application org Org2MSP attempted to change MSP ID from Org2MSP to Org9MSP",
    );
    expect(transitionFault(channel.config, channel.config)).toBeUndefined();
  });
});

describe("reading an update", () => {
  propertyTest.prop([fc.uint8Array({ maxLength: 200 })])(
    "takes any bytes without throwing",
    (bytes) => {
      expect(readConfigUpdate({ payload: bytes, signature: bytes }).ok).toBe(false);
    },
  );

  test("refuses a message of another type", async () => {
    const envelope = await updateEnvelope(updateOf(channel.config, batchChange), admins);
    const payload = decode(Payload, envelope.payload);
    payload.header!.channelHeader = Uint8Array.of(0x08, HeaderType.MESSAGE);
    const reading = readConfigUpdate({ ...envelope, payload: encode(Payload, payload) });
    expect(reading).toMatchObject({ ok: false, reason: containing("invalid type 0") });
  });
});

describe("computing an update", () => {
  test("finds nothing between a configuration and itself", () => {
    const group = channel.config.config.channelGroup!;
    expect(
      computeConfigUpdate(
        "sample",
        group,
        changedGroup(channel.config, () => undefined),
      ),
    ).toBeUndefined();
  });

  propertyTest.prop([treeArbitrary(), treeArbitrary()], { numRuns: 200 })(
    "gives what makes the one configuration of the other",
    (before, after) => {
      const root = (): ConfigGroup => changedGroup(channel.config, () => undefined);
      const [original, updated] = [root(), root()];
      graft(original, before);
      graft(updated, after);
      const update = computeConfigUpdate("sample", original, updated);
      if (update === undefined) {
        expect(unversioned(original)).toEqual(unversioned(updated));
        return;
      }
      const current = fixedConfig(original);
      const request = {
        envelope: { payload: new Uint8Array(0), signature: new Uint8Array(0) },
        update,
        signedData: [],
      };
      const outcome = applyConfigUpdate(current, request, []);
      expect(outcome.ok ? "" : outcome.reason).toBe("");
      const { config } = (outcome as { envelope: ConfigEnvelope }).envelope;
      expect(unversioned(config!.channelGroup!)).toEqual(unversioned(updated));
    },
  );
});

interface Tree {
  readonly values: Readonly<Record<string, number>>;
  readonly groups: Readonly<Record<string, Tree>>;
}

function treeArbitrary(): fc.Arbitrary<Tree> {
  const name = fc.constantFrom("A", "B", "C");
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.record({
      values: fc.dictionary(name, fc.nat({ max: 2 })),
      groups: fc.oneof(
        { maxDepth: 2 },
        fc.constant({}),
        fc.dictionary(name, tie("tree"), { maxKeys: 2 }),
      ),
    }),
  }));
  return tree;
}

function containing(text: string): string {
  return expect.stringContaining(text) as string;
}

function graft(root: ConfigGroup, tree: Tree): void {
  for (const [name, content] of Object.entries(tree.values)) {
    root.values.set(name, { version: 0, value: Uint8Array.of(content), modPolicy: "Admins" });
  }
  for (const [name, sub] of Object.entries(tree.groups)) {
    const group: ConfigGroup = {
      version: 0,
      groups: new Map(),
      values: new Map(),
      policies: new Map(),
      modPolicy: "Admins",
    };
    root.groups.set(name, group);
    graft(group, sub);
  }
}

// The tree need not be a sound configuration, and everyone may change it.
function fixedConfig(channelGroup: ConfigGroup): ChannelConfig {
  const satisfied = { evaluate: () => ({ satisfied: true }) as const };
  const config = { sequence: 0, channelGroup };
  return {
    channelId: "sample",
    sequence: 0,
    config,
    policy: () => satisfied,
  } as unknown as ChannelConfig;
}

function unversioned(group: ConfigGroup): unknown {
  const plain = <T>(map: ReadonlyMap<string, T>, form: (value: T) => unknown): unknown =>
    Object.fromEntries(
      [...map]
        .toSorted(([a], [b]) => compareUtf8(a, b))
        .map(([name, value]) => [name, form(value)]),
    );
  return {
    modPolicy: group.modPolicy,
    groups: plain(group.groups, unversioned),
    values: plain(group.values, ({ value, modPolicy }) => [[...value], modPolicy]),
    policies: plain(group.policies, ({ policy, modPolicy }) => [policy, modPolicy]),
  };
}
