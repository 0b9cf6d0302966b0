import { DELIVERY_MUTANTS } from "./delivery-mutants.ts";
import { GOSSIP_MUTANTS } from "./gossip-mutants.ts";
import { LEDGER_MUTANTS } from "./ledger-mutants.ts";
import { LOG_MUTANTS } from "./log-mutants.ts";
import type { Mutant } from "./mutation.ts";
import { NETWORK_MUTANTS } from "./network-mutants.ts";
import { ORDERING_MUTANTS } from "./ordering-mutants.ts";
import { RAFT_MUTANTS } from "./raft-mutants.ts";

/** Every known bug. */
export const MUTANTS: readonly Mutant[] = [
  ...RAFT_MUTANTS,
  ...LOG_MUTANTS,
  ...LEDGER_MUTANTS,
  ...ORDERING_MUTANTS,
  ...GOSSIP_MUTANTS,
  ...DELIVERY_MUTANTS,
  ...NETWORK_MUTANTS,
];
