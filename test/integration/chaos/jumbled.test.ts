/** `heddle chaos run jumbled`: messages between real processes come twice and out of turn. */
import { expect, test } from "vitest";
import type { TestNetwork } from "../network/harness.ts";
import { SLOW_MACHINE_MS, withNetwork } from "./chaos-network.ts";

let net: TestNetwork;

withNetwork((started) => {
  net = started;
});

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
