import { beforeAll, describe, expect, test } from "vitest";
import { Hunter } from "./hunter.ts";
import type { Catch, Hunt, Mutant } from "./mutation.ts";
import { LEDGER_MUTANTS } from "./ledger-mutants.ts";
import { LOG_MUTANTS } from "./log-mutants.ts";
import { ORDERING_MUTANTS } from "./ordering-mutants.ts";
import { RAFT_MUTANTS } from "./raft-mutants.ts";

const ALL: readonly Mutant[] = [
  ...RAFT_MUTANTS,
  ...LOG_MUTANTS,
  ...LEDGER_MUTANTS,
  ...ORDERING_MUTANTS,
];

/** One in so many is planted, unless `HEDDLE_MUTANTS=all`. */
const SAMPLED = 4;

const isSampled = process.env["HEDDLE_MUTANTS"] !== "all";
const MUTANTS = ALL.filter((_, index) => !isSampled || index % SAMPLED === 0);

/** Within how many seeds a bug must be caught. Scripts have none. */
const SEEDS_MAX: Record<Hunt, number> = {
  script: 0,
  group: 20,
  membership: 120,
  log: 60,
  ledger: 60,
  orderers: 40,
};

const HUNTS_AT_ONCE = 2;

const caught = new Map<string, Catch | undefined>();

beforeAll(async () => {
  const hunter = new Hunter();
  const waiting = [...MUTANTS];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const { name, hunt, edits } = mutant;
      caught.set(name, await hunter.hunt(edits, hunt, SEEDS_MAX[hunt]));
    }
  };
  await Promise.all(Array.from({ length: HUNTS_AT_ONCE }, work));
  const rows = MUTANTS.map(({ name }) => {
    const found = caught.get(name);
    return `${name}: ${found === undefined ? "not caught" : `${found.by}, ${found.violation}`}\n`;
  });
  process.stdout.write(rows.join(""));
}, 1_200_000);

describe("a bug planted into the code is caught", () => {
  test("and there are enough of them, each with its own name", () => {
    expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
    expect(ALL.length).toBeGreaterThanOrEqual(70);
  });

  test.each(MUTANTS)("that $name, by a $hunt", ({ name }) => {
    expect(caught.get(name)).toBeDefined();
  });

  test.each(["script", "group", "membership", "log", "ledger", "orderers"] as const)(
    "and nothing is caught by a %s in the sound code",
    async (hunt) => {
      expect(await new Hunter().hunt([], hunt, 3)).toBeUndefined();
    },
    240_000,
  );
});
