/** Bounds of planning, whose inputs come from endorsing peers, chaincode definitions and channel configurations. */

/** Chaincode calls in one interest. More are refused: no transaction calls so many. */
export const INTEREST_CALLS_MAX = 64;

/** Policies that one interest combines, those of keys included. More are refused. */
export const INTEREST_POLICIES_MAX = 256;

/** Layouts of one plan, and combinations of one policy that are combined with the next. Later ones are left out. */
export const LAYOUTS_MAX = 1_000;

/** Pairs of combinations looked at while two policies are merged. Later ones are left out. */
export const MERGED_PAIRS_MAX = 10_000;
