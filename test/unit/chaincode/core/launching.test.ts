import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { safeArchivePath } from "../../../../src/chaincode/core/archive-path.ts";
import { parseConnection } from "../../../../src/chaincode/core/connection.ts";
import { parseCallee } from "../../../../src/chaincode/core/invocation.ts";
import { LineSplitter } from "../../../../src/chaincode/core/line-splitter.ts";
import { RestartPolicy } from "../../../../src/chaincode/core/restart-policy.ts";
import { startCommandOf } from "../../../../src/chaincode/core/start-command.ts";
import { OUTPUT_LINE_LENGTH_MAX, RESTART_DELAY_MS_MAX } from "../../../../src/chaincode/limits.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";

const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

describe("connection.json", () => {
  test("a plain address waits three seconds, as Fabric does", () => {
    expect(parseConnection(json({ address: "cc:9999" }))).toEqual({
      target: { address: "cc:9999" },
      dialTimeoutMs: 3_000,
    });
  });

  test("TLS takes roots, and a client's certificate when it is asked for", () => {
    const tls = {
      address: "cc:1",
      tls_required: true,
      root_cert: "R",
      client_cert: "C",
      client_key: "K",
    };
    expect(parseConnection(json(tls)).target.tls).toEqual({ rootsPem: [utf8("R")] });
    expect(parseConnection(json({ ...tls, client_auth_required: true })).target.tls).toEqual({
      rootsPem: [utf8("R")],
      clientCertificate: { certificatePem: utf8("C"), keyPem: utf8("K") },
    });
  });

  test.each([
    ["10s", 10_000],
    ["0m30s", 30_000],
    ["250ms", 250],
    ["0.5s", 500],
    ["0s", 1],
    ["9999h", 60_000],
  ])("dial_timeout %s is %i ms", (dial_timeout, expected) => {
    expect(parseConnection(json({ address: "cc:1", dial_timeout })).dialTimeoutMs).toBe(expected);
  });

  test.each([
    [{}, /must be host:port/],
    [{ address: "no port" }, /must be host:port/],
    [{ address: 5 }, /'address' must be a string/],
    [{ address: "cc:1", dial_timeout: "soon" }, /must be a duration/],
    [{ address: "cc:1", tls_required: true }, /root cert not provided/],
    [
      { address: "cc:1", tls_required: true, root_cert: "R", client_auth_required: true },
      /client cert not provided/,
    ],
    [[], /not an object/],
  ])("%j is refused", (value, reason) => {
    expect(() => parseConnection(json(value))).toThrow(reason);
  });
});

describe("archive paths", () => {
  test.each([
    ["a", "a"],
    ["./a/b.js", "a/b.js"],
    ["a/", "a"],
    ["..", undefined],
    ["a/..", undefined],
    ["a//b", undefined],
    ["", undefined],
    ["/", undefined],
    ["./", undefined],
    ["a\0b", undefined],
  ])("%j becomes %j", (path, expected) => {
    expect(safeArchivePath(path)).toBe(expected);
  });

  property.prop([fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "\0", " ") })])(
    "never leads out of the folder",
    (path) => {
      const safe = safeArchivePath(path);
      if (safe === undefined) return;
      expect(safe.startsWith("/")).toBe(false);
      expect(safe.split("/")).not.toContain("..");
    },
  );
});

describe("a process's output", () => {
  property.prop([
    fc.array(fc.string({ maxLength: 20, unit: fc.constantFrom("ä", "x", "\n") })),
    fc.integer({ min: 1, max: 7 }),
  ])("comes out in the same lines however it is cut", (texts, size) => {
    const text = texts.join("");
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const bytes = utf8(text);
    for (let offset = 0; offset < bytes.length; offset += size)
      splitter.push(bytes.slice(offset, offset + size));
    splitter.end();
    expect(lines).toEqual(text.split("\n").filter((line) => line !== ""));
  });

  test("an endless line is cut off and takes no memory", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (let count = 0; count < 100; count += 1) splitter.push(utf8("x".repeat(1_000)));
    splitter.push(utf8("\nnext\n"));
    expect(lines.map((line) => line.length)).toEqual([OUTPUT_LINE_LENGTH_MAX, 4]);
  });
});

test.each([
  [{}, { kind: "shim" }],
  [{ scripts: { start: "fabric-chaincode-node start" } }, { kind: "shim" }],
  [{ scripts: { start: "set -x && fabric-chaincode-node start" } }, { kind: "shim" }],
  [{ scripts: { start: "node dist/index.js" } }, { kind: "script", path: "dist/index.js" }],
  [{ scripts: { start: "node ./index.js" } }, { kind: "script", path: "index.js" }],
  [{ scripts: { start: "node -e x" } }, { kind: "shim" }],
  [{ scripts: { start: 5 } }, { kind: "shim" }],
  [{ scripts: null }, { kind: "shim" }],
])("the start command of %j is %j", (packageJson, expected) => {
  expect(startCommandOf(packageJson)).toEqual(expected);
});

test.each([
  ["cc", "cc", ""],
  ["cc:1.0", "cc", ""],
  ["cc/other", "cc", "other"],
  ["cc:1.0/other", "cc", "other"],
  ["", "", ""],
])("a call to %j goes to %j on %j", (text, name, channelId) => {
  expect(parseCallee(text)).toEqual({ name, channelId });
});

test("pauses double up to a bound and start over after a long life", () => {
  const restarts = new RestartPolicy();
  const delays = Array.from({ length: 10 }, () => restarts.delayMsAfter(0));
  expect(delays.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(Math.max(...delays)).toBe(RESTART_DELAY_MS_MAX);
  expect(restarts.delayMsAfter(60_000)).toBe(1_000);
});
