import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../../../src/crypto/index.ts";
import { concatBytes } from "../../../../src/kernel/bytes.ts";
import { RangeDigest } from "../../../../src/ledger/core/range-digest.ts";
import type { KVRead } from "../../../../src/wire/index.ts";
import { bytesField, textField, versionField } from "./proto-bytes.ts";

function rows(count: number): KVRead[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key${String(index).padStart(6, "0")}`,
    version: { blockNum: index + 1, txNum: index % 7 },
  }));
}

function digest(degree: number, count: number) {
  const built = new RangeDigest(degree);
  for (const row of rows(count)) built.add(row);
  return built.finish();
}

/** The tree by its definition, level after level, over all rows at once. */
function expectedTree(degree: number, count: number): { level: number; hashes: Uint8Array[] } {
  const leaves = rows(count).map(({ key, version }) =>
    bytesField(1, textField(1, key), versionField(2, version!.blockNum, version!.txNum)),
  );
  let nodes: Uint8Array[] = [];
  for (let at = 0; at < leaves.length; at += degree + 1) {
    nodes.push(sha256(concatBytes(...leaves.slice(at, at + degree + 1))));
  }
  let level = 1;
  // Full groups close as they fill; the remainder of a level is lifted as one node, unhashed when it is alone.
  while (nodes.length > degree) {
    const next: Uint8Array[] = [];
    for (let at = 0; at < nodes.length; at += degree + 1) {
      const group = nodes.slice(at, at + degree + 1);
      next.push(group.length === 1 ? group[0]! : sha256(concatBytes(...group)));
    }
    nodes = next;
    level += 1;
  }
  return { level, hashes: nodes };
}

describe("the digest of a range", () => {
  test("has nothing for no rows and the rows themselves up to the degree", () => {
    expect(digest(50, 0)).toBeUndefined();
    expect(digest(50, 50)).toEqual({ $case: "rawReads", value: { kvReads: rows(50) } });
  });

  test.each([51, 52, 101, 102, 2_550, 2_551, 2_601, 2_602, 10_000])(
    "of %i rows is a tree",
    (count) => {
      const { level, hashes } = expectedTree(50, count);
      expect(digest(50, count)).toEqual({
        $case: "readsMerkleHashes",
        value: { maxDegree: 50, maxLevel: level, maxLevelHashes: hashes },
      });
    },
  );

  property.prop([fc.integer({ min: 2, max: 5 }), fc.integer({ min: 0, max: 400 })], {
    numRuns: 200,
  })("agrees with the tree built level by level, for any degree", (degree, count) => {
    const result = digest(degree, count);
    if (count <= degree) return;
    const { level, hashes } = expectedTree(degree, count);
    expect(result).toEqual({
      $case: "readsMerkleHashes",
      value: { maxDegree: degree, maxLevel: level, maxLevelHashes: hashes },
    });
  });
});
