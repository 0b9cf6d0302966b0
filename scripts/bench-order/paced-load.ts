/** Open-loop load through Broadcast: so many envelopes a second, whether the ones before are answered or not. */
import { setTimeout as delay } from "node:timers/promises";
import type { RpcChannel } from "../../src/kernel/ports/rpc.ts";
import {
  AtomicBroadcastDefinition,
  Status,
  methodOf,
  type Envelope,
} from "../../src/wire/index.ts";
import { channelAt, dialAll, type LoadFigures, type LoadTarget } from "./load.ts";

const STREAMS = 16;
const PACE_MS = 2;

/** Sends `envelopes` at `perSecond`, over streams to all orderers in turn, and waits for the answers. */
export async function runPaced(
  target: LoadTarget,
  envelopes: readonly Envelope[],
  perSecond: number,
): Promise<LoadFigures> {
  const channels = await dialAll(target);
  const tally = { refused: 0, latenciesMs: new Array<number>() };
  const streams = Array.from(
    { length: STREAMS },
    (_, place) => new PacedStream(channelAt(channels, place), tally),
  );
  try {
    const startMs = performance.now();
    for (let next = 0; next < envelopes.length;) {
      const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond) + 1;
      for (; next < Math.min(due, envelopes.length); next += 1) {
        const envelope = envelopes[next];
        if (envelope !== undefined) streams[next % STREAMS]?.send(envelope);
      }
      await delay(PACE_MS);
    }
    await Promise.all(streams.map((stream) => stream.end()));
    const seconds = (performance.now() - startMs) / 1_000;
    const latenciesMs = tally.latenciesMs.toSorted((a, b) => a - b);
    return { acknowledged: latenciesMs.length, refused: tally.refused, seconds, latenciesMs };
  } finally {
    for (const channel of channels) channel.close();
  }
}

class PacedStream {
  readonly #stream;
  readonly #tally: { refused: number; readonly latenciesMs: number[] };
  readonly #sentMs: number[] = [];
  readonly #read: Promise<void>;

  constructor(channel: RpcChannel, tally: { refused: number; readonly latenciesMs: number[] }) {
    this.#stream = channel.stream(methodOf(AtomicBroadcastDefinition, "broadcast"));
    this.#tally = tally;
    this.#read = this.#readAll();
  }

  send(envelope: Envelope): void {
    this.#sentMs.push(performance.now());
    // A stream that ends early leaves its envelopes unanswered, which the figures show.
    this.#stream.send(envelope).catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#read;
  }

  // Answers come in the order of the requests; a refusal ends the stream.
  async #readAll(): Promise<void> {
    for await (const { status } of this.#stream.responses) {
      const sentMs = this.#sentMs.shift() ?? 0;
      if (status === Status.SUCCESS) this.#tally.latenciesMs.push(performance.now() - sentMs);
      else this.#tally.refused += 1;
    }
  }
}
