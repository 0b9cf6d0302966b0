import { expect, test } from "vitest";
import { RpcError } from "../../../../src/kernel/ports/rpc.ts";
import { refusalOf } from "../../../../src/network/client/refusal.ts";
import { ErrorDetail, RpcStatus, encode } from "../../../../src/wire/index.ts";

function failure(message: string, ...details: readonly string[]): RpcError {
  const packed = details.map((text) => ({
    typeUrl: "",
    value: encode(ErrorDetail, { address: "peer1:7051", mspId: "Org1MSP", message: text }),
  }));
  const status = encode(RpcStatus, { code: 10, message, details: packed });
  return new RpcError("ABORTED", message, { statusDetails: status });
}

test("a node that does not run is named, with how to start it", () => {
  const error = new RpcError("UNAVAILABLE", "No connection established. Last error: …");
  const refusal = refusalOf(error, "127.0.0.1:7051");
  expect(refusal.code).toBe("not running");
  expect(refusal.message).toMatch(/^nothing answers at 127\.0\.0\.1:7051; .*`heddle up`/);
});

test("a refusal says what failed, at whom and why", () => {
  const { code, message } = refusalOf(failure("could not endorse", "asset exists"), "x:1");
  expect(code).toBe("refused");
  expect(message).toBe("could not endorse\n  peer1:7051 (Org1MSP): asset exists");
});

test("what the message says already is not said again", () => {
  const { message } = refusalOf(failure("endorser: asset exists", "asset exists"), "x:1");
  expect(message).toBe("endorser: asset exists\n  peer1:7051 (Org1MSP)");
});

test.each([
  "no peers available to evaluate chaincode ghost in channel c",
  "no combination of peers …: No metadata was found for chaincode ghost in channel c",
])("of an unknown chaincode (%s) it says how to deploy it", (text) => {
  expect(refusalOf(failure(text), "x:1").message).toContain("`heddle deploy`");
});

test("details that are junk are left out", () => {
  const error = new RpcError("ABORTED", "no", { statusDetails: new Uint8Array([0xff]) });
  expect(refusalOf(error, "x:1").message).toBe("no");
});
