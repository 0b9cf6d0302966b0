import { errorMessage } from "../error.ts";
import type { RpcCodec } from "../ports/rpc.ts";

/** A received message, or why it is none: the receiver chooses the status, not the framing layer. */
export type Received<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export function serializer<T>(codec: RpcCodec<T>): (value: T) => Buffer {
  return (value) => {
    const bytes = codec.encode(value);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

export function deserializer<T>(codec: RpcCodec<T>): (bytes: Buffer) => Received<T> {
  return (bytes) => {
    try {
      // A plain view: `Buffer` overrides `slice` and `subarray`, and nobody above should notice.
      const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return { ok: true, value: codec.decode(view) };
    } catch (error) {
      return { ok: false, reason: errorMessage(error) };
    }
  };
}
