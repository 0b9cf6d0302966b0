/** The sample channel as two nodes see it: one that checks signatures, and one that believes them all. */
import { verifySignatureAtOnce } from "../../../src/crypto/adapters/deterministic-signatures.ts";
import { ChannelConfig } from "../../../src/channel/index.ts";
import { MspCache } from "../../../src/msp/index.ts";
import { sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";

export interface FuzzedChannel extends SampleChannel {
  /** What a node goes by. */
  readonly strict: ChannelConfig;
  /** Takes every signature for right: what is changed then gets as far as what lies behind them. */
  readonly gullible: ChannelConfig;
}

export async function fuzzedChannel(): Promise<FuzzedChannel> {
  const sample = await sampleChannel();
  const strict = ChannelConfig.fromBlock(sample.genesis, new MspCache(verifySignatureAtOnce));
  const believer = new MspCache(() => Promise.resolve(true));
  return { ...sample, strict, gullible: ChannelConfig.fromBlock(sample.genesis, believer) };
}
