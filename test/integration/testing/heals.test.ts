import { fc, test } from "@fast-check/vitest";
import { startNetwork } from "heddle/testing";
import { expect } from "vitest";

const names = ["orderer1", "orderer2", "orderer3"];

test.prop([fc.constantFrom(...names)], { numRuns: 2 })(
  "my contract keeps what was acknowledged while the network was cut",
  async (alone) => {
    await using net = await startNetwork({ orderers: 3 });
    await net.deploy({
      name: "notes",
      contract: {
        write: async (context, key, text) => context.put(key, text),
        read: async (context, key) => context.get(key),
      },
    });
    const client = net.client("Org1");
    await client.submit("notes", "write", "before", "1");

    await net.partition([[alone], names.filter((name) => name !== alone)]);
    await client.submit("notes", "write", "during", "2");
    await net.heal();

    await net.level();
    expect(await net.client("Org2").evaluate("notes", "read", "before")).toBe("1");
    expect(await net.client("Org2").evaluate("notes", "read", "during")).toBe("2");
  },
  120_000,
);
