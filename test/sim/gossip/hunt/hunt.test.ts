import { describe, expect, test } from "vitest";
import { runGossip } from "./run.ts";

const SEEDS = 40;
const only = process.env["HEDDLE_SEED"];
const seeds =
  only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];

describe("groups of gossip cores with liars, defamers, crashes and walls", () => {
  test("keep G1 to G8 for every seed, and recover", () => {
    const total = { blocks: 0, deaths: 0, messages: 0 };
    for (const seed of seeds) {
      const report = runGossip(seed);
      total.blocks += report.blocks;
      total.deaths += report.deaths;
      total.messages += report.messages;
    }
    // A run in which nothing happens proves nothing.
    expect(total.blocks).toBeGreaterThan(seeds.length * 30);
    expect(total.deaths).toBeGreaterThan(seeds.length);
  });

  test("do the same again for the same seed", () => {
    expect(runGossip(7)).toEqual(runGossip(7));
  });
});
