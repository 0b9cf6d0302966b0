import { beforeAll, describe, expect, test } from "vitest";
import type { ChannelConfig } from "../../../../src/channel/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { consenterFault, type GroupView } from "../../../../cluster/ordering/consenter-rules.ts";
import { firstMembership } from "../../../../cluster/ordering/core/membership.ts";
import {
  SAMPLE_NOW_MS,
  sampleChannel,
  type SampleChannel,
} from "../../../support/sample-channel.ts";

let sample: SampleChannel;
let stranger: SampleChannel;
let certificates: readonly Uint8Array[];

beforeAll(async () => {
  sample = await sampleChannel();
  stranger = await sampleChannel({}, 99);
  certificates = await Promise.all([1, 2, 3, 4].map((number) => tlsOf(sample, number)));
});

async function tlsOf({ ordererOrg }: SampleChannel, number: number): Promise<Uint8Array> {
  const commonName = `orderer${number}.example.com`;
  return (await ordererOrg.tls.issueTls({ commonName, alternativeNames: [] })).certificatePem;
}

/** The sample channel with a consenter for each certificate. */
function configOf(...pems: readonly Uint8Array[]): ChannelConfig {
  const consenters = pems.map((pem, place) => ({
    host: `orderer${place + 1}.example.com`,
    port: 7050,
    clientTlsCertPem: pem,
    serverTlsCertPem: pem,
  }));
  const orderer = { ...sample.config.orderer, consenters };
  return { channelId: "sample", orderer } as unknown as ChannelConfig;
}

function view(count: number, change: Partial<GroupView> = {}): GroupView {
  const membership = firstMembership(count);
  const activeIds = membership.consenterIds;
  const { consenterIds: voterIds } = membership;
  return { membership, activeIds, voterIds, pending: undefined, nowMs: SAMPLE_NOW_MS, ...change };
}

function fault(
  before: readonly Uint8Array[],
  after: readonly Uint8Array[],
  change: Partial<GroupView> = {},
): string | undefined {
  return consenterFault(configOf(...before), configOf(...after), view(before.length, change));
}

describe("the consenters of a configuration", () => {
  test("may grow, shrink and get a new certificate, one at a time", () => {
    const [a, b, c, d] = certificates as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(fault([a, b, c], [a, b, c, d])).toBeUndefined();
    expect(fault([a, b, c], [a, c])).toBeUndefined();
    expect(fault([a, b, c], [a, d, c])).toBeUndefined();
    expect(fault([a, b, c], [a])).toContain("update of more than one consenter at a time");
  });

  test("have certificates of the orderers' organisations", async () => {
    const foreign = await tlsOf(stranger, 4);
    expect(fault(certificates.slice(0, 3), [...certificates.slice(0, 3), foreign])).toMatch(
      /consenter orderer4\.example\.com:7050 has invalid certificate: verifying tls client cert with serial number \d+: x509: certificate signed by unknown authority/,
    );
  });

  test("have certificates that can be read", () => {
    for (const pem of [utf8("no certificate"), utf8("-----BEGIN CERTIFICATE-----\n")]) {
      expect(fault(certificates.slice(0, 3), [...certificates.slice(0, 3), pem])).toContain(
        "parsing tls client cert of orderer4.example.com:7050",
      );
    }
  });

  test("have certificates for TLS", async () => {
    const { certificatePem } = await sample.ordererOrg.tls.issueIdentity({
      commonName: "orderer4.example.com",
      organizationalUnits: [],
    });
    const mail = await sample.ordererOrg.tls.issue({
      commonName: "orderer4.example.com",
      keyUsages: ["digitalSignature"],
      // For the protection of mail.
      extendedKeyUsages: ["1.3.6.1.5.5.7.3.4"],
    });
    const three = certificates.slice(0, 3);
    expect(fault(three, [...three, mail.certificatePem])).toContain(
      "x509: certificate specifies an incompatible key usage",
    );
    expect(fault(three, [...three, certificatePem])).toBeUndefined();
  });

  test("may keep a certificate that has ended and get none", () => {
    const [a, b, c, d] = certificates as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const later = { nowMs: SAMPLE_NOW_MS + 100 * 365 * 24 * 3_600_000 };
    expect(fault([a, b, c], [a, b], later)).toBeUndefined();
    expect(fault([a, b, c], [a, b, c, d], later)).toBe(
      "consenter orderer4.example.com:7050 has invalid certificates: x509: certificate has expired or is not yet valid",
    );
  });

  test("wait for a change under way, but for the removal of who never came", () => {
    const [a, b, c, d] = certificates as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const pending = { raftId: 3, reason: "it is added once it answers" };
    expect(fault([a, b, c], [a, b, c, d], { pending })).toBe(
      "the change of consenter 3 is not complete, try again later: it is added once it answers",
    );
    expect(fault([a, b, c], [a, b], { pending })).toBeUndefined();
    expect(fault([a, b, c], [a, b, c], { pending })).toBeUndefined();
  });

  test("keep enough members that answer, where that can be told", () => {
    const [a, b, c] = certificates as [Uint8Array, Uint8Array, Uint8Array];
    expect(fault([a, b, c], [a, b], { activeIds: [1, 3] })).toContain("quorum loss");
    expect(fault([a, b, c], [a, b], { activeIds: undefined })).toBeUndefined();
  });
});
