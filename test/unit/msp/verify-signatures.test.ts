import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import {
  type Identity,
  type IdentityReader,
  type IdentityResult,
  Msp,
  MspManager,
  type SignedData,
  verifySignatures,
} from "../../../src/msp/index.ts";
import { SIGNATURE_COUNT_MAX } from "../../../src/msp/limits.ts";
import { serialize, TestOrganization } from "./organization.ts";

const org1 = await TestOrganization.create("Org1MSP", 1);
const org2 = await TestOrganization.create("Org2MSP", 2);
const manager = new MspManager([Msp.fromConfig(org1.config()), Msp.fromConfig(org2.config())]);
const data = utf8("block header and all");

const signers = [
  await org1.signer(["peer"]),
  await org1.signer(["peer"]),
  await org2.signer(["client"]),
];

async function signedBy(signer: Signer): Promise<SignedData> {
  return { data, identity: signer.identity, signature: await signer.sign(data) };
}

const valid = await Promise.all(signers.map(signedBy));
const [a, b, c] = valid as [SignedData, SignedData, SignedData];

async function holdersOf(signed: readonly SignedData[]): Promise<number[]> {
  const ids = signers.map(({ identity }) => {
    const result = manager.identity(identity);
    return result.ok ? result.identity.id : expect.fail();
  });
  return (await verifySignatures(manager, signed)).map(({ id }) => ids.indexOf(id));
}

test("everyone who signed is found, in order, once", async () => {
  expect(await holdersOf([c, a, b])).toEqual([2, 0, 1]);
  expect(await holdersOf([a, a, b, a])).toEqual([0, 1]);
  expect(await holdersOf([])).toEqual([]);
});

test("an invalid signature does not spoil a later valid one, whose place counts", async () => {
  const forged = { ...a, signature: b.signature };
  expect(await holdersOf([forged, b, a])).toEqual([1, 0]);
  expect(await holdersOf([forged, b])).toEqual([1]);
});

test("the same certificate serialised in another way is the same signer", async () => {
  const { certificatePem, privateKeyPem } = await org1.issue(["peer"]);
  const { createSigner } = await import("../../../src/msp/adapters/index.ts");
  const plain = createSigner({ mspId: "Org1MSP", certificatePem, privateKeyPem });
  const signed = await signedBy(plain);
  const chatty = {
    ...signed,
    identity: serialize("Org1MSP", concatBytes(utf8("x\n"), certificatePem)),
  };
  const found = await verifySignatures(manager, [chatty, signed]);
  expect(found.map(({ serialized }) => serialized)).toEqual([chatty.identity]);
});

test("whoever is named again and again is read once, member or not", async () => {
  const stranger = await (await TestOrganization.create("Org1MSP", 9)).signer(["peer"]);
  const foreign = { ...a, identity: stranger.identity };
  const asked: Uint8Array[] = [];
  const counting: IdentityReader = {
    unvalidatedIdentity: (serialized) => {
      asked.push(serialized);
      return manager.unvalidatedIdentity(serialized);
    },
  };
  const copies = Array.from({ length: 50 }, () => ({
    ...foreign,
    identity: foreign.identity.slice(),
  }));
  expect(await verifySignatures(counting, [...copies, a, a])).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

test("identities that cannot be read are skipped", async () => {
  const unknown = { ...a, identity: serialize("Org3MSP", utf8("x")) };
  const foreign = {
    ...a,
    identity: (await (await TestOrganization.create("Org1MSP", 9)).signer(["peer"])).identity,
  };
  const garbage = { ...a, identity: utf8("garbage") };
  expect(await holdersOf([unknown, garbage, foreign, b])).toEqual([1]);
});

test("a member that is not valid is found: the policy asks for validity", async () => {
  const nobody = await signedBy(await org1.signer(["sales"]));
  expect((await verifySignatures(manager, [nobody])).length).toBe(1);
  expect(manager.identity(nobody.identity).ok).toBe(false);
});

test("an organisation that is not of the channel is named", () => {
  expect(manager.identity(serialize("Org3MSP", utf8("x")))).toEqual({
    ok: false,
    reason: "MSP Org3MSP is not defined on channel",
  });
  expect(manager.mspIds).toEqual(["Org1MSP", "Org2MSP"]);
  expect(manager.msp("Org2MSP")?.mspId).toBe("Org2MSP");
  expect(manager.msp("Org3MSP")).toBeUndefined();
});

// Identities whose signature is valid when it says so, and that count how often they are asked.
class CountingReader implements IdentityReader {
  readonly asked: string[] = [];

  unvalidatedIdentity(serialized: Uint8Array): IdentityResult {
    const [holder = 0] = serialized;
    if (holder === 0) return { ok: false, reason: "nobody" };
    const verify = (_data: Uint8Array, signature: Uint8Array): Promise<boolean> => {
      this.asked.push(`${holder}:${signature.join()}`);
      return Promise.resolve((signature[0] ?? 0) % 2 === 1);
    };
    return {
      ok: true,
      identity: { id: String(holder), serialized, verify } as Partial<Identity> as Identity,
    };
  }
}

function sequentially(entries: readonly (readonly [number, number])[]): string[] {
  const accepted: string[] = [];
  for (const [holder, signature] of entries) {
    const isNew = holder !== 0 && !accepted.includes(String(holder));
    if (isNew && signature % 2 === 1) accepted.push(String(holder));
  }
  return accepted;
}

test.prop([fc.array(fc.tuple(fc.nat(4), fc.nat(5)), { maxLength: 30 })])(
  "the outcome is that of taking one after the other, and nothing is verified twice",
  async (entries) => {
    const reader = new CountingReader();
    const signed = entries.map(([holder, signature]) => ({
      data,
      identity: new Uint8Array([holder]),
      signature: new Uint8Array([signature]),
    }));
    const found = await verifySignatures(reader, signed);
    expect(found.map(({ id }) => id)).toEqual(sequentially(entries));
    expect(new Set(reader.asked).size).toBe(reader.asked.length);
  },
);

test("the work for one set is bounded", async () => {
  const reader = new CountingReader();
  const signed = Array.from({ length: SIGNATURE_COUNT_MAX + 50 }, (_, index) => ({
    data,
    identity: new Uint8Array([1]),
    signature: new Uint8Array([2, index & 0xff, index >> 8]),
  }));
  await verifySignatures(reader, signed);
  expect(reader.asked.length).toBe(SIGNATURE_COUNT_MAX);
});
