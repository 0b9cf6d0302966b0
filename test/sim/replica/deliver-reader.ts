import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { ordererDeliverBinding, seekEnvelope } from "../../../src/delivery/index.ts";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { RpcCall } from "../../../src/kernel/ports/rpc.ts";
import {
  SeekInfo,
  SeekInfo_SeekErrorResponse,
  create,
  type Block,
  type DeliverResponse,
  type Envelope,
} from "../../../src/wire/index.ts";
import { CHANNEL_ID, sampleClock, type SampleChannel } from "../../support/sample-channel.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import type { SimulatedOrderer } from "./simulated-orderer.ts";

const WITHOUT_END = "18446744073709551615";

/** A client that reads an orderer's blocks, from the first one and without an end, whether the orderer has a leader or not. */
export class DeliverReader {
  /** As they came. */
  readonly blocks: Block[] = [];
  readonly #gone = new AbortController();
  readonly #done: Promise<void>;

  private constructor(orderer: SimulatedOrderer, sample: SampleChannel, request: Envelope) {
    const channel = orderer.deliverChannel(new ChannelConfigRef(sample.config));
    const binding = ordererDeliverBinding({
      channels: { channel: () => channel },
      clock: sampleClock,
      logger: silentLogger,
      meter: silentMeter,
    });
    if (binding.kind !== "stream") throw new Error("Deliver is a stream");
    const requests = new AsyncQueue<Envelope>(1);
    requests.push(request);
    const call: RpcCall = {
      signal: this.#gone.signal,
      isDeadlineExceeded: () => false,
      peerAddress: "127.0.0.1:1",
      peerCertificate: undefined,
      localCertificate: undefined,
    };
    this.#done = binding.handler(requests, (response) => this.#receive(response), call);
  }

  static async open(orderer: SimulatedOrderer, sample: SampleChannel): Promise<DeliverReader> {
    const seek = create<SeekInfo>(SeekInfo, {
      start: { type: { $case: "oldest", value: {} } },
      stop: { type: { $case: "specified", value: { number: WITHOUT_END } } },
      errorResponse: SeekInfo_SeekErrorResponse.BEST_EFFORT,
    });
    const request = await seekEnvelope(sample.org1.client, new SeededRandom(1), {
      channelId: CHANNEL_ID,
      seek,
      nowMs: sampleClock.wallMs(),
      tlsCertificate: undefined,
    });
    return new DeliverReader(orderer, sample, request);
  }

  /** Resolves once it has so many blocks. Simulated time stands still. */
  async untilBlocks(count: number): Promise<void> {
    while (this.blocks.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.#gone.abort();
    await this.#done;
  }

  #receive(response: unknown): Promise<void> {
    const { type } = response as DeliverResponse;
    if (type?.$case !== "block") throw new Error(`Deliver ended with status ${type?.value}`);
    this.blocks.push(type.value);
    return Promise.resolve();
  }
}
