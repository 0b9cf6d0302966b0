/** `heddle chaos run jumbled`: messages between real processes come twice and out of turn. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestNetwork } from "../network/harness.ts";

const SLOW_MACHINE_MS = 300_000;

let net: TestNetwork;

beforeAll(async () => {
  net = await TestNetwork.start({ peersPerOrganization: 1 });
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await net.close();
}, SLOW_MACHINE_MS);

test(
  "repeated and reordered messages cost nothing that was acknowledged",
  async () => {
    const run = (await net.must("chaos", "run", "jumbled")) as {
      readonly isSound: boolean;
      readonly recoveries: readonly { readonly fault: string; readonly afterFaultMs?: number }[];
    };
    expect(run.isSound).toBe(true);
    expect(run.recoveries.map(({ fault }) => fault.replace(/^\S+/, "…"))).toEqual([
      "… repeats and swaps 33 %",
      "… repeats and swaps 33 %",
    ]);
    expect(run.recoveries.every(({ afterFaultMs }) => afterFaultMs !== undefined)).toBe(true);
  },
  SLOW_MACHINE_MS,
);
