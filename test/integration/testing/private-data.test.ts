/** Private data of a contract that is written as functions: members of a collection hold it, others know its hash. */
import { startNetwork, type Collection, type Contract } from "heddle/testing";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const SLOW_MACHINE_MS = 120_000;

const collections: readonly Collection[] = [
  { name: "everybody", policy: "OR('Org1MSP.member','Org2MSP.member')", maxPeerCount: 3 },
  {
    name: "org1",
    policy: "OR('Org1MSP.member')",
    maxPeerCount: 3,
    memberOnlyRead: true,
    // Otherwise Org2 would have to endorse, and so see what the client sends along: the gateway refuses that.
    endorsementPolicy: { signaturePolicy: "OR('Org1MSP.peer')" },
  },
];

const offers: Contract = {
  offer: async (context, collection, item) => {
    const price = context.transient("price");
    if (price === undefined) throw new Error("an offer needs a price");
    await context.private(collection).put(item, price);
  },
  withdraw: async (context, collection, item) => context.private(collection).delete(item),
  price: async (context, collection, item) => context.private(collection).get(item),
  hash: async (context, collection, item) => context.private(collection).hash(item),
};

test(
  "members of a collection read what a client sent, others its hash, and no block holds it",
  async () => {
    await using net = await startNetwork({ orderers: 1, peersPerOrganization: 2 });
    await net.deploy({ name: "offers", contract: offers, collections });
    const [org1, org2] = [net.client("Org1"), net.client("Org2")];
    const secret = "a price that only members see";
    await org1.withTransient({ price: secret }).submit("offers", "offer", "everybody", "car");
    await org1.withTransient({ price: secret }).submit("offers", "offer", "org1", "boat");
    await net.level();

    expect(await org2.evaluate("offers", "price", "everybody", "car")).toBe(secret);
    expect(await org1.evaluate("offers", "price", "org1", "boat")).toBe(secret);
    await expect(org2.evaluate("offers", "price", "org1", "boat")).rejects.toThrow(
      "tx creator does not have read access permission on privatedata in chaincodeName:offers collectionName: org1",
    );
    const files = await blockFiles(net.directory);
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) expect((await readFile(file)).includes(secret)).toBe(false);
    const hash = createHash("sha256").update(secret).digest("hex");
    expect(await org2.evaluate("offers", "hash", "org1", "boat")).toBe(hash);

    await org1.submit("offers", "withdraw", "everybody", "car");
    await net.level();
    expect(await org2.evaluate("offers", "price", "everybody", "car")).toBe("");
    expect(await org2.evaluate("offers", "hash", "everybody", "car")).toBe("");
    await expect(org1.submit("offers", "offer", "org1", "bike")).rejects.toThrow("needs a price");
    await expect(
      org1.withTransient({ price: "1" }).submit("offers", "offer", "nobody", "bike"),
    ).rejects.toThrow("nobody");
  },
  SLOW_MACHINE_MS,
);

async function blockFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true });
  return names
    .filter((name) => /blocks-\d+\.heddle$/.test(name))
    .map((name) => join(directory, name));
}
