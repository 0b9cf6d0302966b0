/** `heddle chaos run members`: who belongs to a network of real processes changes under load and faults. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StatusDocument, TestNetwork } from "../network/harness.ts";
import { SLOW_MACHINE_MS, withNetwork } from "./chaos-network.ts";

let net: TestNetwork;

withNetwork((started) => {
  net = started;
});

async function names(): Promise<readonly string[]> {
  const { nodes } = (await net.must("status")) as StatusDocument;
  return nodes.map(({ name }) => name).toSorted();
}

test(
  "nodes come and go while others are killed and cut off, and nothing acknowledged is lost",
  async () => {
    const before = await names();
    const out = join(net.directory, "report");
    const run = (await net.must("chaos", "run", "members", "--out", out)) as {
      readonly isSound: boolean;
      readonly recoveries: readonly { readonly fault: string }[];
    };
    expect(run.isSound).toBe(true);
    expect(run.recoveries.map(({ fault }) => fault.replace(/, .*/, ""))).toEqual([
      "add peer",
      "add orderer",
      "remove peer1.org2.example.com",
      "add peer",
      "remove orderer4.example.com",
    ]);
    expect(await names()).toEqual(before);
    expect(await readFile(join(out, "report.md"), "utf8")).toContain(
      "| add orderer, meanwhile kill",
    );
  },
  SLOW_MACHINE_MS,
);
