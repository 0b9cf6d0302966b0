import { describe, expect, test } from "vitest";
import { judgeReply } from "../../../../src/gateway/core/endorser-reply.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { ProposalResponse, create } from "../../../../src/wire/index.ts";

function judge(status: number, hasPayload: boolean): object {
  const payload = hasPayload ? utf8("payload") : new Uint8Array(0);
  const response = create(ProposalResponse, { response: { status, message: "text" }, payload });
  return judgeReply({ kind: "response", response });
}

describe("an endorser's reply", () => {
  test("is good from 200 to 399, with a payload or without", () => {
    for (const status of [200, 201, 399]) {
      expect(judge(status, true)).toMatchObject({ ok: true });
      expect(judge(status, false)).toMatchObject({ ok: true });
    }
  });

  test("is the peer's failure for a 500 without a payload", () => {
    expect(judge(500, false)).toEqual({
      ok: false,
      code: "ABORTED",
      message: "text",
      canRetry: true,
    });
  });

  test("is the chaincode's refusal for every other status", () => {
    for (const [status, hasPayload] of [
      [0, false],
      [199, true],
      [400, false],
      [404, true],
      [500, true],
      [501, false],
    ] as const) {
      expect(judge(status, hasPayload)).toEqual({
        ok: false,
        code: "UNKNOWN",
        message: `chaincode response ${status}, text`,
        canRetry: false,
      });
    }
  });

  test("is a refusal when it holds no response at all", () => {
    const response = create(ProposalResponse, {});
    expect(judgeReply({ kind: "response", response })).toMatchObject({
      ok: false,
      code: "UNKNOWN",
    });
  });

  test("is a failure to try elsewhere when none came, and the client's fault when rejected here", () => {
    expect(judgeReply({ kind: "failed", message: "m" })).toEqual({
      ok: false,
      code: "UNAVAILABLE",
      message: "m",
      canRetry: true,
    });
    expect(judgeReply({ kind: "rejected", message: "m" })).toEqual({
      ok: false,
      code: "FAILED_PRECONDITION",
      message: "m",
      canRetry: false,
    });
  });
});
