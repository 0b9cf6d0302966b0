import { beforeAll, expect, test } from "vitest";
import { ChannelConfig } from "../../../../src/channel/index.ts";
import { isConsenterOf, OwnNaming } from "../../../../cluster/ordering/members.ts";
import { sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";

let sample: SampleChannel;
let other: SampleChannel;

beforeAll(async () => {
  [sample, other] = await Promise.all([sampleChannel(), sampleChannel({}, 8)]);
});

test("a node's naming is that of the configuration that is asked about, whatever was asked before", () => {
  const mine = ChannelConfig.fromBlock(sample.genesis);
  const theirs = ChannelConfig.fromBlock(other.genesis);
  const certificate = mine.orderer.consenters[0]!.serverTlsCertPem;
  const naming = new OwnNaming(certificate);

  for (const config of [mine, mine, theirs, theirs, mine]) {
    expect(naming.isIn(config)).toBe(isConsenterOf(config, certificate));
  }
  expect([naming.isIn(mine), naming.isIn(theirs)]).toEqual([true, false]);
});
