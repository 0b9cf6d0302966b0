import { ChannelConfig } from "../../src/channel/index.ts";
import { verifySignatures } from "../../src/msp/index.ts";
import type { DevelopmentNetwork } from "../../src/network/development-network.ts";
import { openEnvelope, type Envelope } from "../../src/wire/index.ts";
import { genesisOf } from "./genesis.ts";

const ROUNDS = 2_000;
const AT_ONCE = 100;

/** CPU milliseconds to verify the signature of an envelope, as an orderer does it: no orderer can be cheaper. */
export async function measureVerification(
  network: DevelopmentNetwork,
  envelope: Envelope,
): Promise<number> {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") throw new Error("a client's envelope can be read");
  const { signatureHeader } = reading.opened;
  const config = ChannelConfig.fromBlock(await genesisOf(network, network.topology.channelId));
  const signed = [
    {
      data: envelope.payload,
      identity: signatureHeader.creator,
      signature: envelope.signature,
    },
  ];
  let before = process.cpuUsage();
  for (let round = 0; round < 2 * ROUNDS; round += AT_ONCE) {
    // The first half is for the compiler.
    if (round === ROUNDS) before = process.cpuUsage();
    await Promise.all(
      Array.from({ length: AT_ONCE }, () => verifySignatures(config.mspManager, signed)),
    );
  }
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / ROUNDS) / 1_000;
}
