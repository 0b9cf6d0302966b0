import { fc, test as property } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfig, applyConfigUpdate, readConfigUpdate } from "../../../src/channel/index.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { verifySignatures } from "../../../src/msp/index.ts";
import { Envelope, decode, type ConfigGroup } from "../../../src/wire/index.ts";
import { configUpdateOf, signedConfigUpdate } from "../../../src/network/client/config-update.ts";
import {
  addConsenter,
  namesConsenter,
  removeConsenter,
  renewConsenter,
} from "../../../src/network/client/consenter-changes.ts";
import { additionForecast, removalForecast } from "../../../src/network/client/consenters.ts";
import { sampleChannel, sampleClock, type SampleChannel } from "../../support/sample-channel.ts";
import { quorumFault } from "../../../cluster/ordering/core/membership.ts";

function consenters(
  count: number,
  isActive: (raftId: number) => boolean,
): Parameters<typeof removalForecast>[0] {
  const ids = Array.from({ length: count }, (_, place) => place + 1);
  return {
    voters: ids,
    consenters: ids.map((raftId) => ({
      raftId,
      address: `o${raftId}:7050`,
      isVoter: true,
      isActive: isActive(raftId),
    })),
  };
}

describe("the forecast of a removal", () => {
  test("counts who would be reachable", () => {
    const group = consenters(5, (id) => id <= 3);
    expect(removalForecast(group, "o1:7050")).toBe("2 of 4 would be reachable; needs 3");
    expect(removalForecast(group, "o5:7050")).toBeUndefined();
  });

  test("does not miss a consenter that never voted, nor one that is none", () => {
    const group = consenters(2, (id) => id === 1);
    expect(removalForecast({ ...group, voters: [1] }, "o2:7050")).toBeUndefined();
    expect(removalForecast(group, "elsewhere:7050")).toBeUndefined();
  });

  property.prop([fc.integer({ min: 2, max: 7 }), fc.nat({ max: 127 }), fc.nat({ max: 6 })])(
    "agrees with what the orderers refuse",
    (count, mask, place) => {
      const raftId = (place % count) + 1;
      const isActive = (id: number): boolean => ((mask >> (id - 1)) & 1) === 1;
      const group = consenters(count, isActive);
      const remaining = group.voters.filter((id) => id !== raftId);
      const fault = quorumFault(
        { consenterIds: remaining, nextConsenterId: count + 1 },
        { type: "remove", raftId },
        group.voters.filter(isActive),
      );
      expect(removalForecast(group, `o${raftId}:7050`) === undefined).toBe(fault === undefined);
    },
  );
});

describe("the forecast of an addition", () => {
  test("counts who would be reachable, and lets one alone grow", () => {
    expect(additionForecast(consenters(3, (id) => id <= 2))).toBe(
      "2 of 4 would be reachable; needs 3",
    );
    expect(additionForecast(consenters(3, () => true))).toBeUndefined();
    expect(additionForecast(consenters(1, () => true))).toBeUndefined();
  });

  property.prop([fc.integer({ min: 1, max: 7 }), fc.nat({ max: 127 })])(
    "agrees with what the orderers refuse",
    (count, mask) => {
      const isActive = (id: number): boolean => ((mask >> (id - 1)) & 1) === 1;
      const group = consenters(count, isActive);
      const fault = quorumFault(
        { consenterIds: [...group.voters, count + 1], nextConsenterId: count + 2 },
        { type: "add", raftId: count + 1 },
        group.voters.filter(isActive),
      );
      expect(additionForecast(group) === undefined).toBe(fault === undefined);
    },
  );
});

describe("an update of the consenters", () => {
  let sample: SampleChannel;
  let tlsCertPem: Uint8Array;

  beforeAll(async () => {
    sample = await sampleChannel();
    const name = "orderer9.example.com";
    const issued = await sample.ordererOrg.tls.issueTls({ commonName: name, alternativeNames: [] });
    tlsCertPem = issued.certificatePem;
  });

  /** The next configuration, by the policies of the channel; the reason when it is refused. */
  async function applied(
    config: ChannelConfig,
    change: (root: ConfigGroup) => void,
    signer = sample.ordererOrg.admin,
  ): Promise<ChannelConfig | string> {
    const update = configUpdateOf(config, change)!;
    const source = { signer, clock: sampleClock, random: new SeededRandom(1) };
    const reading = readConfigUpdate(decode(Envelope, await signedConfigUpdate(source, update)));
    if (!reading.ok) return reading.reason;
    const signers = await verifySignatures(config.mspManager, reading.request.signedData);
    const outcome = applyConfigUpdate(config, reading.request, signers);
    return outcome.ok
      ? ChannelConfig.parse(config.channelId, outcome.envelope.config!)
      : outcome.reason;
  }

  function nameOf({ host, port }: { readonly host: string; readonly port: number }): string {
    return `${host}:${port}`;
  }

  test("adds one with its address, renews its certificate, and takes both out again", async () => {
    const entry = { host: "orderer9.example.com", port: 9050, tlsCertPem };
    const address = "orderer9.example.com:9050";
    const added = await applied(sample.config, addConsenter(sample.config, "OrdererMSP", entry));
    if (typeof added === "string") throw new Error(added);
    expect(added.orderer.consenters.map(nameOf)).toContain(address);
    expect(namesConsenter(added, address)).toBe(true);
    expect(added.ordererEndpoints().map((endpoint) => endpoint.address)).toContain(address);
    const renewal = await sample.ordererOrg.tls.issueTls({
      commonName: entry.host,
      alternativeNames: [],
    });
    const renewed = await applied(added, renewConsenter(address, renewal.certificatePem));
    if (typeof renewed === "string") throw new Error(renewed);
    expect(renewed.orderer.consenters.at(-1)).toMatchObject({
      clientTlsCertPem: renewal.certificatePem,
      serverTlsCertPem: renewal.certificatePem,
    });
    const removed = await applied(renewed, removeConsenter(renewed, "OrdererMSP", address));
    if (typeof removed === "string") throw new Error(removed);
    expect(removed.orderer.consenters).toEqual(sample.config.orderer.consenters);
    expect(removed.ordererEndpoints()).toEqual(sample.config.ordererEndpoints());
  });

  test("needs an administrator of the orderers", async () => {
    const entry = { host: "orderer9.example.com", port: 9050, tlsCertPem };
    const change = addConsenter(sample.config, "OrdererMSP", entry);
    expect(await applied(sample.config, change, sample.org1.admin)).toContain("policy");
  });

  test("that changes nothing is none", () => {
    const change = removeConsenter(sample.config, "OrdererMSP", "nobody:1");
    expect(configUpdateOf(sample.config, change)).toBeUndefined();
  });
});
