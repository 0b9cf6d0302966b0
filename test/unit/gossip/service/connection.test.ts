import { describe, expect, test } from "vitest";
import { Connection } from "../../../../gossip/service/connection.ts";
import type { EnvelopeStream } from "../../../../gossip/service/handshake.ts";
import { SEND_QUEUE_BYTES_MAX, SEND_QUEUE_COUNT_MAX } from "../../../../gossip/service/limits.ts";
import { AsyncQueue } from "../../../../src/kernel/async-queue.ts";
import { InvariantViolation } from "../../../../src/kernel/assert.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import type { GossipEnvelope } from "../../../../src/wire/index.ts";

const remote = {
  peer: "aa",
  pkiId: new Uint8Array([0xaa]),
  mspId: "Org1MSP",
  serialized: EMPTY_BYTES,
  notAfterMs: 1e15,
};

function envelope(bytes = 1): GossipEnvelope {
  return { payload: new Uint8Array(bytes), signature: EMPTY_BYTES, secretEnvelope: undefined };
}

/** A stream whose other end takes one message for each `take`. */
class SlowStream implements EnvelopeStream {
  readonly localCertificate = undefined;
  readonly queue = new AsyncQueue<GossipEnvelope>(10);
  readonly incoming = this.queue[Symbol.asyncIterator]();
  readonly sent: GossipEnvelope[] = [];
  isClosed = false;
  readonly #pending: (() => void)[] = [];

  send(message: GossipEnvelope): Promise<void> {
    this.sent.push(message);
    return new Promise((resolve) => this.#pending.push(resolve));
  }

  async take(): Promise<void> {
    this.#pending.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  }

  peerCertificate(): undefined {
    return undefined;
  }

  close(): void {
    this.isClosed = true;
  }
}

function connection(stream: EnvelopeStream): Connection {
  return new Connection(stream, { remote, isInitiator: true, openedAtMs: 0 });
}

describe("what is sent", () => {
  test("goes in order, one at a time", async () => {
    const stream = new SlowStream();
    const one = connection(stream);
    const messages = [envelope(1), envelope(2), envelope(3)];
    for (const message of messages) expect(one.send(message)).toBe(true);
    expect(stream.sent).toEqual(messages.slice(0, 1));
    await stream.take();
    await stream.take();
    expect(stream.sent).toEqual(messages);
  });

  test("to a peer that does not read is dropped from a count on, and flows again when it reads", async () => {
    const stream = new SlowStream();
    const one = connection(stream);
    for (let count = 0; count < SEND_QUEUE_COUNT_MAX; count += 1) {
      expect(one.send(envelope())).toBe(true);
    }
    expect(one.send(envelope())).toBe(false);
    await stream.take();
    expect(one.send(envelope())).toBe(true);
  });

  test("is bounded in bytes, yet a lone message of any size goes", () => {
    const one = connection(new SlowStream());
    expect(one.send(envelope(SEND_QUEUE_BYTES_MAX + 1))).toBe(true);
    expect(one.send(envelope(1))).toBe(false);
  });

  test("after the close is dropped", () => {
    const stream = new SlowStream();
    const one = connection(stream);
    one.close("enough");
    expect(stream.isClosed).toBe(true);
    expect(one.send(envelope())).toBe(false);
  });
});

describe("what is received", () => {
  test("is handled one by one, until the other end closes", async () => {
    const stream = new SlowStream();
    const sizes: number[] = [];
    for (const size of [1, 2, 3]) stream.queue.push(envelope(size));
    stream.queue.end();
    const reason = await connection(stream).run((_from, { payload }) => {
      sizes.push(payload.length);
      return Promise.resolve();
    });
    expect(sizes).toEqual([1, 2, 3]);
    expect(reason).toBe("the other end closed the stream");
    expect(stream.isClosed).toBe(true);
  });

  test("ends when the stream breaks, or is closed from here while nothing comes", async () => {
    const broken = new SlowStream();
    broken.queue.fail(new Error("reset"));
    expect(await connection(broken).run(() => Promise.resolve())).toBe("reset");
    const quiet = connection(new SlowStream());
    const ended = quiet.run(() => Promise.resolve());
    quiet.close("a newer stream");
    expect(await ended).toBe("a newer stream");
  });

  test("never hides a bug of ours", async () => {
    const stream = new SlowStream();
    stream.queue.push(envelope());
    const ended = connection(stream).run(() => Promise.reject(new InvariantViolation("a bug")));
    await expect(ended).rejects.toThrow("a bug");
  });
});
