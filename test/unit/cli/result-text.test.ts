import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { resultDocument, resultText } from "../../../src/cli/result-text.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";

test("JSON is a document, indented for eyes", () => {
  expect(resultDocument(utf8('{"a":[1]}'))).toEqual({ a: [1] });
  expect(resultText(utf8('{"a":1}'))).toBe('{\n  "a": 1\n}');
});

test("text is itself", () => {
  expect(resultDocument(utf8("hello"))).toBe("hello");
  expect(resultText(utf8(""))).toBe("");
});

test("a JSON text is shown without its quotes", () => {
  expect(resultText(utf8('"blue"'))).toBe("blue");
});

test("bytes that are no text are hexadecimal", () => {
  expect(resultText(new Uint8Array([0xff, 0x00]))).toBe("0xff00");
});

test.prop([fc.uint8Array({ maxLength: 100 })], { seed: 1, numRuns: 200 })(
  "whatever a contract returns can be shown",
  (bytes) => {
    expect(typeof resultText(bytes)).toBe("string");
    expect(JSON.stringify({ result: resultDocument(bytes) })).toContain("result");
  },
);
