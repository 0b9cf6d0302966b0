import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Msp, MspManager, rolePrincipal, verifySignatures } from "../../../src/msp/index.ts";
import { concatBytes } from "../../../src/kernel/bytes.ts";
import {
  Block,
  BLOCK_METADATA,
  blockHeaderDer,
  ConfigEnvelope,
  type ConfigGroup,
  decode,
  Envelope,
  FabricMSPConfig,
  Metadata,
  MSPConfig,
  Payload,
  SignatureHeader,
} from "../../../src/wire/index.ts";

// Written by a Fabric orderer and cryptogen.
const folder = new URL("../../fixtures/fabric-blocks/", import.meta.url);
const block = (name: string): Block =>
  decode(Block, new Uint8Array(readFileSync(new URL(name, folder))));

function mspConfigs(genesis: Block): readonly FabricMSPConfig[] {
  const envelope = decode(Envelope, genesis.data!.data[0]!);
  const config = decode(ConfigEnvelope, decode(Payload, envelope.payload).data).config!;
  const found: FabricMSPConfig[] = [];
  const visit = (group: ConfigGroup): void => {
    const value = group.values.get("MSP")?.value;
    if (value !== undefined) found.push(decode(FabricMSPConfig, decode(MSPConfig, value).config));
    group.groups.forEach(visit);
  };
  visit(config.channelGroup!);
  return found;
}

test("organisations that cryptogen made are accepted", () => {
  const configs = mspConfigs(block("ch1-genesis.block"));
  expect(configs.length).toBeGreaterThan(0);
  for (const config of configs) expect(Msp.fromConfig(config).mspId).toBe(config.name);
});

test("the orderer that signed a block is found to be an orderer of its organisation", async () => {
  const manager = new MspManager(
    mspConfigs(block("ch1-genesis.block")).map((each) => Msp.fromConfig(each)),
  );
  const signed = block("o1-block002.pb");
  const metadata = decode(Metadata, signed.metadata!.metadata[BLOCK_METADATA.signatures]!);
  const signedData = metadata.signatures.map(({ signatureHeader, signature }) => ({
    data: concatBytes(metadata.value, signatureHeader, blockHeaderDer(signed.header!)),
    identity: decode(SignatureHeader, signatureHeader).creator,
    signature,
  }));
  const identities = await verifySignatures(manager, signedData);
  expect(identities.length).toBe(1);
  const [identity] = identities;
  expect(identity?.satisfies(rolePrincipal(identity.mspId, "member"))).toBe(true);
  expect(manager.identity(signedData[0]!.identity).ok).toBe(true);

  const forged = signedData.map((each) => ({
    ...each,
    data: concatBytes(each.data, new Uint8Array(1)),
  }));
  expect(await verifySignatures(manager, forged)).toEqual([]);
});
