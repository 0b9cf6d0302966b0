import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { decodePem, encodePem } from "../../../src/crypto/index.ts";
import { concatBytes, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const block = (label: string, ...lines: string[]): string =>
  [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");

test.prop([fc.uint8Array({ maxLength: 300 })])("what is encoded is decoded", (bytes) => {
  expect(decodePem(encodePem("CERTIFICATE", bytes))).toEqual({
    label: "CERTIFICATE",
    bytes,
    headerCount: 0,
    rest: "",
  });
});

test("lines have 64 characters", () => {
  const lines = utf8Decode(encodePem("X", new Uint8Array(100))).split("\n");
  expect(lines.map((line) => line.length)).toEqual([17, 64, 64, 8, 15, 0]);
});

test.each([
  ["text before it", `subject=CN\n${block("A", "AQID")}`],
  ["carriage returns", block("A", "AQID").replaceAll("\n", "\r\n")],
  ["headers", block("A", "Proc-Type: 4", "Note: x", "", "AQID")],
  ["blank space inside", block("A", "A Q", "\tID")],
  ["a BEGIN without an END before it", `-----BEGIN B-----\nAQ==\n${block("A", "AQID")}`],
  ["a block of bad base64 before it", `${block("B", "!!!!")}${block("A", "AQID")}`],
  [
    "a block whose ends differ before it",
    `-----BEGIN B-----\nAQ==\n-----END C-----\n${block("A", "AQID")}`,
  ],
  ["blanks at the ends of its marker lines", block("A", "AQID").replaceAll("-\n", "- \t\n")],
  ["no line feed after it", block("A", "AQID").trimEnd()],
])("a block with %s is found", (_what, text) => {
  expect(decodePem(utf8(text))).toMatchObject({ label: "A", bytes: new Uint8Array([1, 2, 3]) });
});

test.each([
  ["no block", "hello"],
  ["no END", "-----BEGIN A-----\nAQID\n"],
  ["a BEGIN in the middle of a line", `x${block("A", "AQID")}`],
  ["padding that is missing", block("A", "AQI")],
  ["a carriage return without a line feed after it", block("A", "AQID").trimEnd() + "\r"],
  ["text after the END on its line", block("A", "AQID").trimEnd() + "x\n"],
])("%s is no PEM", (_what, text) => {
  expect(decodePem(utf8(text))).toBeUndefined();
});

test("what follows the block is reported", () => {
  expect(decodePem(utf8(`${block("A", "AQID")}tail`))?.rest).toBe("tail");
});

test.prop([
  fc.uint8Array({ maxLength: 400 }),
  fc.constantFrom("-----BEGIN ", "\n-----END ", "-----\n"),
])("random bytes around the markers never throw", (noise, marker) => {
  const input = concatBytes(noise, utf8(marker), noise, utf8("\n-----END A-----"));
  expect(() => decodePem(input)).not.toThrow();
});

test.each([
  "-----BEGIN ",
  "\n-----END ",
  "-----BEGIN A-----\n",
  "-----BEGIN A-----\nAA\n-----END B-----\n",
])("64 KiB of %j are searched in linear time", (marker) => {
  const input = utf8(marker.repeat(Math.floor(65_536 / marker.length)));
  const start = cpuTimeMs();
  expect(decodePem(input)).toBeUndefined();
  // A quadratic search takes seconds.
  expect(cpuTimeMs() - start).toBeLessThan(250);
});
