import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { RpcStream } from "../../src/kernel/ports/rpc.ts";

/** Told of a stream's life. */
export interface StreamWatch {
  ended(): void;
  /** A message was handed to the transport, which took so long. */
  sent(seconds: number): void;
}

/** `stream`, with its sends timed and its end noticed once. Its responses must be iterated. */
export function meteredStream<Request, Response>(
  stream: RpcStream<Request, Response>,
  clock: Clock,
  watch: StreamWatch,
): RpcStream<Request, Response> {
  return {
    send: async (request) => {
      const startMs = clock.monotonicMs();
      await stream.send(request);
      watch.sent((clock.monotonicMs() - startMs) / 1000);
    },
    end: () => {
      stream.end();
    },
    cancel: () => {
      stream.cancel();
    },
    responses: untilEnd(stream.responses, () => {
      watch.ended();
    }),
    peerCertificate: () => stream.peerCertificate(),
  };
}

async function* untilEnd<T>(items: AsyncIterable<T>, onEnd: () => void): AsyncIterable<T> {
  try {
    yield* items;
  } finally {
    onEnd();
  }
}
