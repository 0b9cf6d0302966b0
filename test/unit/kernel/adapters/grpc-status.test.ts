import { status as grpcStatus } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { toGrpcStatus } from "../../../../src/kernel/adapters/grpc-status.ts";
import { RPC_STATUS_TEXT_LENGTH_MAX } from "../../../../src/kernel/limits.ts";
import { RpcError } from "../../../../src/kernel/ports/rpc.ts";

describe("what a failure looks like on the wire", () => {
  test("a refusal keeps its code and its text", () => {
    const status = toGrpcStatus(new RpcError("NOT_FOUND", "no such channel"));
    expect(status).toMatchObject({ code: grpcStatus.NOT_FOUND, details: "no such channel" });
  });

  test("anything else is UNKNOWN with its text", () => {
    const status = toGrpcStatus(new TypeError("odd"));
    expect(status).toMatchObject({ code: grpcStatus.UNKNOWN, details: "odd" });
  });

  test("a text that quotes a megabyte of the request fits into a header", () => {
    const { details } = toGrpcStatus(new RpcError("NOT_FOUND", "x".repeat(1_000_000)));
    expect(details.length).toBe(RPC_STATUS_TEXT_LENGTH_MAX + 1);
  });

  test.each([
    ["at our bound", `${"x".repeat(RPC_STATUS_TEXT_LENGTH_MAX - 1)}🧵`],
    ["by whoever wrote the text", "🧵".slice(0, 1)],
  ])("half a surrogate pair, cut %s, can be percent-encoded as headers are", (_where, text) => {
    for (const error of [new RpcError("NOT_FOUND", text), new Error(text)]) {
      const { details } = toGrpcStatus(error);
      expect(() => encodeURI(details)).not.toThrow();
    }
  });
});
