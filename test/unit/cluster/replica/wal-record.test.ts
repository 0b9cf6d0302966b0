import { expect, test } from "vitest";
import { decodeRecords, encodeRecord } from "../../../../cluster/replica/wal-record.ts";
import { concatBytes } from "../../../../src/kernel/bytes.ts";

test("a reason that is no text is read as far as it is one", () => {
  const bytes = concatBytes(...encodeRecord({ type: "forgotten", reason: "the log was lost" }));
  bytes[bytes.length - 1] = 0xff;
  expect(decodeRecords(bytes)).toEqual([{ type: "forgotten", reason: "the log was los\ufffd" }]);
});
