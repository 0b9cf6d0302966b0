import { describe, expect, test } from "vitest";
import { parseDatadriven } from "./datadriven.ts";

describe("the datadriven reader", () => {
  test("reads command, arguments, input and output", () => {
    const script =
      "# why\ncommitted cfg=(1, 2) idx=(_,12) flag key=v\ninput\n----\nout 1\nout 2\n\nnext\n----\n";
    expect(parseDatadriven(script)).toEqual([
      {
        line: 2,
        command: "committed",
        args: new Map([
          ["cfg", ["1", "2"]],
          ["idx", ["_", "12"]],
          ["flag", []],
          ["key", ["v"]],
        ]),
        words: ["flag"],
        input: "input",
        expected: "out 1\nout 2\n",
      },
      { line: 8, command: "next", args: new Map(), words: [], input: "", expected: "" },
    ]);
  });

  test("reads fenced output with blank lines", () => {
    const [testCase] = parseDatadriven("status\n----\n----\na\n\nb\n----\n----\n");
    expect(testCase?.expected).toBe("a\n\nb\n");
  });

  test("refuses a command without output and a malformed argument", () => {
    expect(() => parseDatadriven("status\n")).toThrow('line 1: no "----"');
    expect(() => parseDatadriven("status cfg=(1\n----\n")).toThrow("malformed argument");
    expect(() => parseDatadriven("status\n----\n----\na\n")).toThrow("does not end");
  });
});
