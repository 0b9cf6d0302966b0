/** What clients send as configuration updates, honest and hostile, through every filter of an orderer. */
import { fc, test as propertyTest } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import {
  ConfigUpdates,
  type ConfigUpdateVerdict,
} from "../../../../cluster/ordering/config-updates.ts";
import { firstMembership } from "../../../../cluster/ordering/core/membership.ts";
import { MessageValidator } from "../../../../cluster/ordering/message-validator.ts";
import { concatBytes, utf8 } from "../../../../src/kernel/bytes.ts";
import type { Signer } from "../../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import {
  ConfigGroup,
  ConfigUpdate,
  ConsensusType,
  Envelope,
  HeaderType,
  create,
  decode,
  encode,
  openEnvelope,
  type EtcdraftConsenter,
} from "../../../../src/wire/index.ts";
import { cpuTimeMs } from "../../../support/cpu-time.ts";
import { sampleChannel, sampleClock, type SampleChannel } from "../../../support/sample-channel.ts";
import {
  changeConsenters,
  rawUpdateEnvelope,
  setBatchSize,
  setRaftOptions,
  updateEnvelope,
  updateOf,
} from "../../../support/sample-updates.ts";

/** Beside verifying signatures, of which these have a few; generous, as the first run compiles. */
const REFUSAL_CPU_MS = 500;

let channel: SampleChannel;
let stranger: SampleChannel;
let admin: Signer;
let updates: ConfigUpdates;

beforeAll(async () => {
  channel = await sampleChannel();
  stranger = await sampleChannel({}, 99);
  admin = channel.ordererOrg.admin;
  const config = { current: () => channel.config };
  updates = new ConfigUpdates({
    config,
    validator: new MessageValidator({ config, clock: sampleClock }),
    group: {
      membership: () => firstMembership(1),
      activeIds: () => [1],
      voterIds: () => [1],
      pending: () => undefined,
    },
    signer: channel.ordererOrg.orderer,
    clock: sampleClock,
    random: new SeededRandom(1),
  });
});

type Change = (root: ConfigGroup) => void;

function changed(change: Change, signers: readonly Signer[] = [admin]): Promise<Envelope> {
  return updateEnvelope(updateOf(channel.config, change), signers);
}

/** An update whose write set is `group`, as nothing honest would compute it. */
function raw(group: ConfigGroup, signers: readonly Signer[] = [admin]): Promise<Envelope> {
  const { channelId } = channel.config;
  const update = create(ConfigUpdate, {
    channelId,
    readSet: create(ConfigGroup, {}),
    writeSet: group,
  });
  return updateEnvelope(update, signers);
}

async function refusalOf(envelope: Envelope): Promise<string> {
  const before = cpuTimeMs();
  const verdict: ConfigUpdateVerdict = await updates.process(envelope);
  expect(cpuTimeMs() - before).toBeLessThan(REFUSAL_CPU_MS);
  if (verdict.kind === "made") return "it was made";
  expect(verdict.refusal.status).toBeGreaterThanOrEqual(400);
  return verdict.refusal.info;
}

function batchChange(root: ConfigGroup): void {
  setBatchSize(root, 7);
}

function consenters(change: (first: EtcdraftConsenter) => EtcdraftConsenter[]): Change {
  return (root) => {
    changeConsenters(root, ([first]) => change(first!));
  };
}

function metadataOf(bytes: Uint8Array): Change {
  return (root) => {
    const { values } = root.groups.get("Orderer")!;
    const value = values.get("ConsensusType")!;
    const type = decode(ConsensusType, value.value);
    const metadata = encode(ConsensusType, { ...type, metadata: bytes });
    values.set("ConsensusType", { ...value, value: metadata });
  };
}

describe("an orderer", () => {
  test("makes the configuration of an update that its administrators sign", async () => {
    const verdict = await updates.process(await changed(batchChange));
    expect(verdict.kind).toBe("made");
    const reading = openEnvelope((verdict as { readonly envelope: Envelope }).envelope);
    expect(reading.kind !== "malformed" && reading.opened.channelHeader.type).toBe(
      HeaderType.CONFIG,
    );
  });

  test.each<readonly [string, () => Envelope | Promise<Envelope>, RegExp]>([
    ["nothing", () => create(Envelope, {}), /message payload is empty|empty/],
    [
      "noise",
      () => create(Envelope, { payload: utf8("noise"), signature: utf8("x") }),
      /could not convert|invalid|malformed|parse|payload/i,
    ],
    [
      "nobody's signatures",
      () => updateEnvelope(updateOf(channel.config, batchChange), [], admin),
      /sub-policies|not satisfied|policy/,
    ],
    ["a stranger's signature", () => changed(batchChange, [stranger.ordererOrg.admin]), /./],
    ["a member's signature who may not", () => changed(batchChange, [channel.org1.client]), /./],
    [
      "the same signature a thousand times",
      () =>
        changed(
          batchChange,
          Array.from({ length: 1_000 }, () => channel.org1.client),
        ),
      /./,
    ],
    [
      "another channel's name",
      () => {
        const update = updateOf(channel.config, batchChange);
        return updateEnvelope({ ...update, channelId: "other" }, [admin], admin, "sample");
      },
      /channel/i,
    ],
    ["metadata of noise", () => changed(metadataOf(utf8("\u0007noise"))), /metadata|consensus/i],
    [
      "metadata of nothing",
      () => changed(metadataOf(new Uint8Array(0))),
      /metadata|consent|option/i,
    ],
    ["no consenters", () => changed(consenters(() => [])), /consenter/i],
    [
      "a consenter twice",
      () => changed(consenters((first) => [first, first])),
      /share a TLS certificate/,
    ],
    [
      "a thousand consenters",
      () =>
        changed(
          consenters((first) =>
            Array.from({ length: 1_000 }, (_, index) => ({ ...first, port: index + 1 })),
          ),
        ),
      /./,
    ],
    [
      "a certificate that is none",
      () => changed(consenters((first) => [{ ...first, clientTlsCert: utf8("-----BEGIN") }])),
      /cert/i,
    ],
    [
      "an election that is no longer than a heartbeat",
      () =>
        changed((root) => {
          setRaftOptions(root, { electionTick: 1, heartbeatTick: 1 });
        }),
      /election/i,
    ],
    [
      "no ticks",
      () =>
        changed((root) => {
          setRaftOptions(root, { tickInterval: "0s" });
        }),
      /tick/i,
    ],
    [
      "ticks that are no duration",
      () =>
        changed((root) => {
          setRaftOptions(root, { tickInterval: "soon" });
        }),
      /tick|duration/i,
    ],
    [
      "blocks in flight that are none",
      () =>
        changed((root) => {
          setRaftOptions(root, { maxInflightBlocks: 0 });
        }),
      /inflight/i,
    ],
    [
      "groups in groups in groups",
      () => rawUpdateEnvelope(nestedUpdate(5_000), [admin], admin, channel.config.channelId),
      /./,
    ],
    ["fifty thousand keys", () => raw(wide(50_000)), /./],
    [
      "a version beyond all numbers",
      () => raw(create(ConfigGroup, { version: Number.MAX_SAFE_INTEGER, modPolicy: "Admins" })),
      /./,
    ],
  ])("refuses %s", async (_, make, reason) => {
    const envelope = await make();
    expect(await refusalOf(envelope)).toMatch(reason);
    expect(await refusalOf(envelope)).not.toBe("it was made");
  });

  propertyTest.prop(
    [fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constantFrom("put", "cut")],
    { numRuns: 60 },
  )("never rejects for what damage makes of an update", async (place, bytes, how) => {
    const { payload, signature } = await changed(batchChange);
    const at = place % payload.length;
    const damaged =
      how === "cut"
        ? payload.slice(0, at)
        : Uint8Array.from(payload, (byte, index) => byte ^ (bytes[index - at] ?? 0));
    const verdict = await updates.process({ payload: damaged, signature });
    const isHarmless = bytes.every((byte) => byte === 0) && how === "put";
    expect(verdict.kind === "made").toBe(isHarmless);
    const judged = await updates.judge({ payload: damaged, signature });
    expect(judged.ok).toBe(false);
  });
});

/** A marshalled update with groups within groups, written by hand: encoders recurse. */
function nestedUpdate(depth: number): Uint8Array {
  let group: Uint8Array = new Uint8Array(0);
  for (let level = 0; level < depth; level += 1) {
    const entry = concatBytes(field(1, utf8("g")), field(2, group));
    group = field(2, entry);
  }
  return concatBytes(field(1, utf8(channel.config.channelId)), field(3, group));
}

function field(number: number, content: Uint8Array): Uint8Array {
  const head = [(number << 3) | 2];
  for (let rest = content.length; ; rest >>>= 7) {
    if (rest < 128) return concatBytes(Uint8Array.from([...head, rest]), content);
    head.push((rest & 127) | 128);
  }
}

function wide(count: number): ConfigGroup {
  const values = Array.from(
    { length: count },
    (_, index) =>
      [`k${index}`, { version: 0, value: new Uint8Array(1), modPolicy: "Admins" }] as const,
  );
  return create(ConfigGroup, { values: new Map(values) });
}
