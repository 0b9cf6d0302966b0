import { describe, expect, test } from "vitest";
import { EMPTY_BYTES } from "../../../src/kernel/bytes.ts";
import {
  ChannelConfig,
  ChannelError,
  configOfBlock,
  isConfigBlock,
  lastConfigNumber,
} from "../../../src/channel/index.ts";
import {
  Block,
  LastConfig,
  Metadata,
  OrdererBlockMetadata,
  create,
  encode,
  type Partially,
} from "../../../src/wire/index.ts";
import { fabricBlock, genesisBlock } from "./fabric-channel.ts";

const blockWith = (fields: Partially<Block>): Block => create<Block>(Block, fields);

describe("config blocks", () => {
  test.each([
    [0, true, 0],
    [1, false, 0],
    [2, true, 2],
    [3, true, 3],
    [4, true, 4],
    [5, false, 4],
    [6, false, 4],
  ])("are told apart in a real chain, and found from block %d", (number, isConfig, lastConfig) => {
    const block = fabricBlock(`o1-block00${number}.pb`);
    expect(block.header!.number).toBe(number);
    expect(isConfigBlock(block)).toBe(isConfig);
    expect(lastConfigNumber(block)).toBe(lastConfig);
  });

  test("hold the whole configuration, which counts its updates", () => {
    const sequences = [0, 2, 3, 4].map(
      (number) => ChannelConfig.fromBlock(fabricBlock(`o2-block00${number}.pb`)).sequence,
    );
    expect(sequences).toEqual([0, 1, 2, 3]);
  });

  test.each([
    ["nothing at all", blockWith({})],
    ["no transaction", blockWith({ data: { data: [] } })],
    ["an empty envelope", blockWith({ data: { data: [EMPTY_BYTES] } })],
    ["bytes that are no envelope", blockWith({ data: { data: [Uint8Array.of(255)] } })],
    [
      "two transactions",
      blockWith({ data: { data: [...genesisBlock().data!.data, ...genesisBlock().data!.data] } }),
    ],
    ["a transaction of another type", fabricBlock("o1-block001.pb")],
  ])("are not blocks with %s", (_name, block) => {
    expect(isConfigBlock(block)).toBe(false);
    expect(() => configOfBlock(block)).toThrow(ChannelError);
    expect(() => ChannelConfig.fromBlock(block)).toThrow("is not a config block");
  });

  test("of old orderers are found from the entry beside the signatures", () => {
    const value = encode(LastConfig, { index: 7 });
    const beside = encode(Metadata, { value, signatures: [] });
    expect(lastConfigNumber(blockWith({ metadata: { metadata: [EMPTY_BYTES, beside] } }))).toBe(7);
  });

  test("are found from what the orderer signed rather than from what stands beside", () => {
    const signed = create(OrdererBlockMetadata, { lastConfig: { index: 3 } });
    const metadata = [
      encode(Metadata, { value: encode(OrdererBlockMetadata, signed), signatures: [] }),
      encode(Metadata, { value: encode(LastConfig, { index: 7 }), signatures: [] }),
    ];
    expect(lastConfigNumber(blockWith({ metadata: { metadata } }))).toBe(3);
  });

  test.each([
    ["is missing", {}],
    ["has no entries", { metadata: { metadata: [] } }],
    ["has an unreadable entry", { metadata: { metadata: [Uint8Array.of(255)] } }],
    ["has an unreadable value", { metadata: { metadata: [Uint8Array.of(10, 1, 255)] } }],
    [
      "has an unreadable second entry",
      { metadata: { metadata: [EMPTY_BYTES, Uint8Array.of(255)] } },
    ],
  ])("are not found when the metadata %s", (_name, fields) => {
    expect(lastConfigNumber(blockWith(fields))).toBeUndefined();
  });
});
