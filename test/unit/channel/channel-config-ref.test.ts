import { describe, expect, test } from "vitest";
import { ChannelConfig, ChannelConfigRef } from "../../../src/channel/index.ts";
import { InvariantViolation } from "../../../src/kernel/assert.ts";
import { configWith, fabricBlock, genesisBlock } from "./fabric-channel.ts";

describe("the configuration in force", () => {
  const first = ChannelConfig.fromBlock(genesisBlock());
  const second = ChannelConfig.fromBlock(fabricBlock("o1-block002.pb"));

  test("is the one it was last replaced by", () => {
    const ref = new ChannelConfigRef(first);
    expect(ref.current()).toBe(first);
    ref.replace(second);
    expect(ref.current()).toBe(second);
  });

  test("is in force when listeners hear of it, until they leave", () => {
    const ref = new ChannelConfigRef(first);
    const heard: string[] = [];
    const listener = (config: ChannelConfig): void => {
      heard.push(`${config.sequence} ${ref.current() === config}`);
    };
    const leaveOnce = ref.subscribe(listener);
    const leaveTwice = ref.subscribe(listener);
    ref.replace(second);
    leaveOnce();
    ref.replace(first);
    leaveOnce();
    leaveTwice();
    ref.replace(second);
    expect(heard).toEqual(["1 true", "1 true", "0 true"]);
  });

  test("is always of the same channel", () => {
    const ref = new ChannelConfigRef(first);
    const other = ChannelConfig.parse("ch2", configWith());
    expect(() => {
      ref.replace(other);
    }).toThrow(InvariantViolation);
  });
});
