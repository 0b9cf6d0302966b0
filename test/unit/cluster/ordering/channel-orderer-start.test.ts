import { beforeAll, expect, test } from "vitest";
import { ChannelOrderer } from "../../../../cluster/ordering/index.ts";
import { ORDERED_WINDOW_COUNT } from "../../../../cluster/ordering/limits.ts";
import { ClusterService } from "../../../../cluster/replica/index.ts";
import { sampleClock, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import { RpcError } from "../../../../src/kernel/ports/rpc.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { Envelope, decode } from "../../../../src/wire/index.ts";
import { CountingFiles } from "../../../sim/ports/counting-files.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import { writeLongChannel } from "../../../support/long-channel.ts";

const ENVELOPES = 500;
const DIRECTORY = "/channel";
// Blocks whose transactions fill what is remembered.
const WINDOW_BLOCKS = ORDERED_WINDOW_COUNT / ENVELOPES;

let sample: SampleChannel;

beforeAll(async () => {
  sample = await sampleChannel();
});

interface Opened {
  readonly orderer: ChannelOrderer;
  readonly files: CountingFiles;
}

async function open(blockCount: number): Promise<Opened> {
  const simulated = new SimulatedFiles({ random: new SeededRandom(3) });
  await writeLongChannel({
    files: simulated,
    directory: DIRECTORY,
    channelId: sample.profile.channelId,
    genesis: sample.genesis,
    blockCount,
    envelopesOf: (block) => Array.from({ length: ENVELOPES }, (_, place) => envelope(block, place)),
    snapshotIntervalBytes: 500_000,
  });
  const files = new CountingFiles(simulated);
  const silent = { logger: silentLogger, meter: silentMeter };
  const time = new SimulatedTime();
  const orderer = await ChannelOrderer.open(
    {
      ...silent,
      files,
      clock: sampleClock,
      timers: time,
      random: new SeededRandom(4),
      signer: sample.ordererOrg.orderer,
      dialer: {
        localCertificate: undefined,
        dial: () => {
          throw new RpcError("UNAVAILABLE", "an orderer alone calls nobody");
        },
      },
      cluster: new ClusterService(silent),
    },
    { directory: DIRECTORY, serverTlsCert: sample.profile.consenters[0]!.serverTlsCertPem },
  );
  return { orderer, files };
}

// A payload of one length field, so that a million of them are soon made.
function envelope(block: number, place: number): Uint8Array {
  const number = block * ENVELOPES + place;
  return Uint8Array.of(0x0a, 4, number >> 24, number >> 16, number >> 8, number);
}

test("opening a channel reads as much of a long ledger as of a short one, and knows the newest transactions", async () => {
  const short = await open(2 * WINDOW_BLOCKS + 1);
  const long = await open(6 * WINDOW_BLOCKS + 1);
  expect(long.orderer.blocks.height).toBe(6 * WINDOW_BLOCKS + 1);
  expect(long.files.readCount).toBe(short.files.readCount);
  expect(long.files.openCount).toBe(short.files.openCount);
  const blockNumber = 5 * WINDOW_BLOCKS + 1;
  const remembered = decode(Envelope, envelope(blockNumber, 0));
  expect(await long.orderer.chain.order(remembered, 0)).toEqual({ kind: "ordered", blockNumber });
  await short.orderer.close();
  await long.orderer.close();
});
