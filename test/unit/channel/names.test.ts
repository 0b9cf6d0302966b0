import { describe, expect, test } from "vitest";
import { isChannelId, isConfigName } from "../../../src/channel/index.ts";

describe("names", () => {
  test.each(["a", "mychannel", "my.channel-1", "a".repeat(249)])("%s is a channel id", (text) => {
    expect(isChannelId(text)).toBe(true);
  });

  test.each(["", "A", "1a", "my_channel", "-a", ".a", "a b", "a\n", "a".repeat(250), "caf\u00e9"])(
    "%j is not a channel id",
    (text) => {
      expect(isChannelId(text)).toBe(false);
    },
  );

  test.each(["Org1MSP", "a", "1", "-", "...", "a".repeat(249)])("%s is a config name", (text) => {
    expect(isConfigName(text)).toBe(true);
  });

  test.each(["", ".", "..", "Org_1", "a/b", "a b", "a\n", "__proto__", "a".repeat(250)])(
    "%j is not a config name",
    (text) => {
      expect(isConfigName(text)).toBe(false);
    },
  );
});
