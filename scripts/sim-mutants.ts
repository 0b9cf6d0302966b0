/**
 * `npm run sim:mutants [-- --only NAME] [--json] [--write]`: plants every known bug, one after the other on two cores, and
 * says what caught it. `npm test` plants a sample.
 *
 * Exit code 0: all are caught, by seeds of a median of at most 100; 1: otherwise; 2: wrong arguments.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTANTS } from "../test/sim/mutants/all-mutants.ts";
import { plantAll, type Outcome } from "../test/sim/mutants/campaign.ts";
import { Hunter } from "../test/sim/mutants/hunter.ts";
import { scoreLine, scoreOf, tableOf } from "../test/sim/mutants/score.ts";

const MEDIAN_SEED_MAX = 100;
const DOCUMENT = "docs/TESTING.md";
const OPENING = "<!-- planted bugs: written by `npm run sim:mutants -- --write` -->";
const CLOSING = "<!-- /planted bugs -->";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run sim:mutants [-- OPTIONS]
  --only TEXT    bugs with TEXT in their name, or of the hunt TEXT
  --json         one JSON document instead of the table
  --write        puts the table into ${DOCUMENT}`);
  process.exit(0);
}

const { only } = options;
const mutants = MUTANTS.filter(
  ({ name, hunt }) => only === undefined || name.includes(only) || hunt === only,
);
if (mutants.length === 0) refuse(`no bug has ${only} in its name`);
if (options.write && only !== undefined) refuse("--write takes all bugs, not --only some");

let doneCount = 0;
const outcomes = await plantAll(new Hunter(root), mutants, (outcome) => {
  doneCount += 1;
  console.error(`${doneCount}/${mutants.length} ${progressOf(outcome)}`);
});
const score = scoreOf(outcomes);
console.log(options.json ? asJson() : `${tableOf(outcomes)}\n\n${scoreLine(score)}`);
if (options.write) writeTable();
const isProven = score.caught === score.planted && score.medianSeed <= MEDIAN_SEED_MAX;
process.exit(isProven ? 0 : 1);

function progressOf({ mutant: { name, hunt }, caught }: Outcome): string {
  return caught === undefined ? `NOT CAUGHT: ${name} (${hunt})` : `${name}: ${hunt}, ${caught.by}`;
}

function asJson(): string {
  const bugs = outcomes.map(({ mutant: { name, hunt }, caught }) => ({ name, hunt, caught }));
  return JSON.stringify({ ...score, bugs }, undefined, 2);
}

function writeTable(): void {
  const path = join(root, DOCUMENT);
  const [before, rest] = readFileSync(path, "utf8").split(OPENING);
  const after = rest?.split(CLOSING)[1];
  if (before === undefined || after === undefined) refuse(`${DOCUMENT} has no place for the table`);
  const content = `${tableOf(outcomes)}\n\n${scoreLine(score)}`;
  writeFileSync(path, `${before}${OPENING}\n\n${content}\n\n${CLOSING}${after}`);
}

function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}
