import type { Edit, Mutant } from "./mutation.ts";

function delivery(name: string, ...edits: readonly Edit[]): Mutant {
  return { name, hunt: "delivery", edits };
}

function edit(file: string, search: string, replacement: string): Edit {
  return { file: `${file}.ts`, search, replacement };
}

const FORM = "src/delivery/core/block-form";
const VERIFIER = "src/delivery/block-verifier";
const PLANNER = "src/delivery/core/range-planner";
const SEARCH = "gossip/core/private-search";

/** Bugs of what is believed of a block, of catching up in ranges, and of looking for private sets. */
export const DELIVERY_MUTANTS: readonly Mutant[] = [
  delivery(
    "does not look at the block before",
    edit(FORM, "if (!equalBytes(header.previousHash, expected.previousHash)) {", "if (!header) {"),
  ),
  delivery(
    "takes a block of any number",
    edit(FORM, "if (header.number !== expected.number) {", "if (!header) {"),
  ),
  delivery(
    "does not hash a block's data",
    edit(FORM, "if (!equalBytes(blockDataHash(data.data), header.dataHash)) {", "if (!data) {"),
  ),
  delivery(
    "takes transactions with a tail",
    edit(FORM, "if (malformed !== undefined) return", "if (malformed === -1) return"),
  ),
  delivery(
    "believes blocks without an orderer's signature",
    edit(VERIFIER, "if (verdict.satisfied) return", "return"),
  ),
  delivery(
    "believes what any member has signed",
    edit(VERIFIER, '"/Channel/Orderer/BlockValidation"', '"/Channel/Readers"'),
  ),
  delivery(
    "loses the rest of a range that was cut short",
    edit(PLANNER, "if (from <= last) this.reopen({ first: from, last });", ""),
  ),
  delivery(
    "loses what is left of a range that comes back",
    edit(PLANNER, "rest.first > rest.last ? others : [rest, ...others]", "others"),
  ),
  delivery(
    "asks a source for more than it has",
    edit(PLANNER, "Math.min(range.last, state.height - 1)", "range.last"),
  ),
  delivery(
    "asks for a whole range again that came in part",
    edit(
      PLANNER,
      "this.reopen({ first: from, last })",
      "this.reopen({ first: Math.max(this.#next, from - 5), last })",
    ),
  ),
  delivery(
    "gives a private set up after the first that has it not",
    edit(
      SEARCH,
      "if (index >= 0) search.sources.splice(index, 1);",
      "if (index >= 0) search.sources.length = 0;",
    ),
  ),
  delivery(
    "asks for ever for a private set that nobody has",
    edit(
      SEARCH,
      "if (index >= 0) search.sources.splice(index, 1);",
      "if (index >= 0) search.sources.push(...search.sources.splice(index, 1));",
    ),
  ),
  delivery(
    "asks a silent peer for private sets again and again",
    edit(SEARCH, "if (count < PRIVATE_TRIES_MAX) search", "search"),
  ),
  delivery(
    "asks for too many private sets at once",
    edit(SEARCH, "if (ids.length >= PRIVATE_DIGESTS_MAX) continue;", ""),
  ),
];
