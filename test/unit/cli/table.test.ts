import { expect, test } from "vitest";
import { formatTable } from "../../../src/cli/table.ts";

test("columns are as wide as their widest cell, and lines have no space at their end", () => {
  const table = formatTable(
    ["NODE", "STATE", ""],
    [
      ["orderer", "up", "leader"],
      ["p", "down", ""],
    ],
  );
  expect(table.split("\n")).toEqual(["NODE     STATE", "orderer  up     leader", "p        down"]);
});

test("a table without rows is its header, and a short row is filled up", () => {
  expect(formatTable(["A", "B"], [])).toBe("A  B");
  expect(formatTable(["A", "B"], [["1"]])).toBe("A  B\n1");
});
