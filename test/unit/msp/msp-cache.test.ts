import { expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { MSP_CACHE_COUNT_MAX } from "../../../src/msp/limits.ts";
import { MspCache, MspError } from "../../../src/msp/index.ts";
import { decode, encode, FabricMSPConfig } from "../../../src/wire/index.ts";
import { revoke } from "../crypto/revoke.ts";
import { serialize, TestOrganization } from "./organization.ts";

const org1 = await TestOrganization.create("Org1MSP", 1);
const org2 = await TestOrganization.create("Org2MSP", 2);
const { certificate, certificatePem } = await org1.issue(["client"]);
const member = serialize("Org1MSP", certificatePem);

test("an organisation is opened once for all configurations that describe it in the same bytes", () => {
  const cache = new MspCache();
  const again = decode(FabricMSPConfig, encode(FabricMSPConfig, org1.config()));
  expect(cache.open(again)).toBe(cache.open(org1.config()));
  expect(cache.open(org2.config())).not.toBe(cache.open(org1.config()));
});

test("a configuration that revokes a member refuses it, however often it was admitted by the one before", async () => {
  const cache = new MspCache();
  expect(cache.open(org1.config()).identity(member).ok).toBe(true);
  const revocationList = [await revoke(org1.ca, [certificate.serialHex])];
  expect(cache.open(org1.config({ revocationList })).identity(member).ok).toBe(false);
  expect(cache.open(org1.config()).identity(member).ok).toBe(true);
});

test("a configuration that is refused is refused every time", () => {
  const cache = new MspCache();
  const wrong = org1.config({ rootCerts: [utf8("no certificate")] });
  for (let time = 0; time < 2; time += 1) expect(() => cache.open(wrong)).toThrow(MspError);
});

test("an organisation does not change with the bytes that it was described by", () => {
  const cache = new MspCache();
  const bytes = encode(FabricMSPConfig, org1.config());
  const msp = cache.open(decode(FabricMSPConfig, bytes));
  bytes.fill(0);
  expect(msp.identity(member).ok).toBe(true);
  expect(msp.tlsRootsPem).toEqual(org1.config().tlsRootCerts);
});

test("the least recently used organisation is forgotten when there are too many", () => {
  const cache = new MspCache();
  const first = cache.open(org1.config());
  for (let count = 0; count < MSP_CACHE_COUNT_MAX; count += 1) {
    cache.open(org1.config({ name: `Other${count}MSP` }));
  }
  expect(cache.open(org1.config())).not.toBe(first);
});
