import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { MUTANTS } from "./all-mutants.ts";
import { plantAll } from "./campaign.ts";
import { Hunter } from "./hunter.ts";
import { HUNTS } from "./hunts.ts";
import { edited } from "./mutated-copy.ts";
import type { Catch, Hunt } from "./mutation.ts";
import { scoreOf, tableOf } from "./score.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HUNT_NAMES = Object.keys(HUNTS) as Hunt[];
const SEEDS_OF_SOUND_CODE = 2;

/** Some of each hunt; `npm run sim:mutants` plants all. */
const SAMPLE = HUNT_NAMES.flatMap((hunt) =>
  MUTANTS.filter((mutant) => mutant.hunt === hunt).filter(
    (_, index) => index % HUNTS[hunt].sampled === 0,
  ),
);

const hunter = new Hunter(ROOT);
const caught = new Map<string, Catch | undefined>();

beforeAll(async () => {
  const outcomes = await plantAll(hunter, SAMPLE);
  for (const { mutant, caught: how } of outcomes) caught.set(mutant.name, how);
  process.stdout.write(`${tableOf(outcomes)}\n`);
}, 1_200_000);

describe("a bug planted into the code is caught", () => {
  test("and there are enough of them, each with its own name", () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(130);
  });

  test.each(MUTANTS)("and the place of '$name' is still there", ({ edits }) => {
    const files = new Set(edits.map(({ file }) => file));
    for (const path of files) {
      const here = edits.filter(({ file }) => file === path);
      expect(() => here.reduce(edited, readFileSync(join(ROOT, path), "utf8"))).not.toThrow();
    }
  });

  test.each(SAMPLE)("that $name, by $hunt", ({ name }) => {
    expect(caught.get(name)).toBeDefined();
  });

  test.each(HUNT_NAMES)(
    "and nothing is caught by %s in the sound code",
    async (hunt) => {
      expect(await hunter.hunt([], hunt, SEEDS_OF_SOUND_CODE)).toBeUndefined();
    },
    240_000,
  );
});

describe("the score", () => {
  const [mutant] = MUTANTS;
  const outcome = (caughtBy: Catch | undefined) => ({ mutant: mutant!, caught: caughtBy });
  const bySeed = (seed: number) => outcome({ seed, by: `seed ${seed}`, violation: "a | b" });

  test("counts what is caught, and with which seed", () => {
    const byScript = outcome({ seed: undefined, by: "a script", violation: "c" });
    const outcomes = [bySeed(9), byScript, bySeed(1), bySeed(3), outcome(undefined)];
    const expected = { planted: 5, caught: 4, byScript: 1, medianSeed: 3, worstSeed: 9 };
    expect(scoreOf(outcomes)).toEqual(expected);
  });

  test("says in its table what was not caught", () => {
    expect(tableOf([outcome(undefined)])).toContain("**not caught**");
    expect(tableOf([bySeed(9)]).split("\n")[2]).toBe(
      `| ${mutant!.name} | ${mutant!.hunt} | seed 9 | a   b |`,
    );
  });
});
