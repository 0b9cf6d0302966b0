import { describe, expect, test } from "vitest";
import { parseTransient } from "../../../src/cli/transient.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";

describe("--transient", () => {
  test("takes values in base64, by name", () => {
    expect(parseTransient('{"price":"MTAw","note":""}')).toEqual(
      new Map([
        ["price", utf8("100")],
        ["note", utf8("")],
      ]),
    );
  });

  test.each(["", "secret", "[]", "null", '{"price":100}', '{"price":"not base64!"}'])(
    "refuses %s and shows the form",
    (text) => {
      expect(() => parseTransient(text)).toThrow(
        'expected JSON with values in base64, as {"price":"MTAw"}.',
      );
    },
  );
});
