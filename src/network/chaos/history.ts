/** Judges a run: what clients were told against what the ledgers hold. Pure. */
import { tooEarly, type Placed } from "./real-time-order.ts";

/** One transaction as its client saw it. Times from the start of the run. */
export interface Attempt {
  readonly startMs: number;
  readonly endMs: number;
  /** Present when its commit was confirmed: only then anything was promised. */
  readonly transactionId?: string;
}

/** One block of one peer. */
export interface LedgerBlock {
  readonly number: number;
  readonly headerHash: string;
  readonly commitHash: string;
  /** Identifiers of its valid transactions. */
  readonly valid: readonly string[];
}

export interface PeerLedger {
  readonly peer: string;
  readonly blocks: readonly LedgerBlock[];
}

export interface Violation {
  readonly kind: "lost" | "duplicate" | "order" | "fork" | "commit hash" | "gap" | "height";
  readonly detail: string;
}

/**
 * Nothing acknowledged is lost or there twice, or before what was acknowledged when it began; all ledgers are one chain without gaps
 * and with one commit hash.
 */
export function judge(
  attempts: readonly Attempt[],
  ledgers: readonly PeerLedger[],
): readonly Violation[] {
  const [first, ...others] = ledgers;
  if (first === undefined) return [{ kind: "height", detail: "no ledger could be read" }];
  return [
    ...ledgers.flatMap((ledger) => [
      ...chainViolations(ledger),
      ...promiseViolations(attempts, ledger),
    ]),
    ...others.flatMap((ledger) => differences(first, ledger)),
  ];
}

// Every block follows the one before, and no transaction is valid twice.
function chainViolations({ peer, blocks }: PeerLedger): readonly Violation[] {
  const violations: Violation[] = [];
  const blockOf = new Map<string, number>();
  blocks.forEach(({ number, valid }, index) => {
    if (number !== index)
      violations.push({ kind: "gap", detail: `${peer}: ${number} at ${index}` });
    for (const id of valid) {
      const earlier = blockOf.get(id);
      blockOf.set(id, number);
      if (earlier === undefined || id === "") continue;
      const detail = `${peer}: ${id} is valid in blocks ${earlier} and ${number}`;
      violations.push({ kind: "duplicate", detail });
    }
  });
  return violations;
}

// What clients were told holds.
function promiseViolations(
  attempts: readonly Attempt[],
  { peer, blocks }: PeerLedger,
): readonly Violation[] {
  const blockOf = new Map(
    blocks.flatMap(({ number, valid }) => valid.map((id) => [id, number] as const)),
  );
  const lost: Violation[] = [];
  const placed: Placed[] = [];
  for (const { transactionId, startMs, endMs } of attempts) {
    if (transactionId === undefined) continue;
    const block = blockOf.get(transactionId);
    if (block !== undefined) placed.push({ transactionId, startMs, endMs, block });
    else lost.push({ kind: "lost", detail: `${peer}: ${transactionId} was acknowledged` });
  }
  const early = tooEarly(placed);
  return [
    ...lost,
    ...early.map((detail): Violation => ({ kind: "order", detail: `${peer}: ${detail}` })),
  ];
}

function differences(first: PeerLedger, other: PeerLedger): readonly Violation[] {
  const pair = `${first.peer} and ${other.peer}`;
  const violations: Violation[] = [];
  if (first.blocks.length !== other.blocks.length) {
    const heights = `${first.blocks.length} and ${other.blocks.length}`;
    violations.push({ kind: "height", detail: `${pair} are at ${heights}` });
  }
  other.blocks.forEach((block, index) => {
    const twin = first.blocks[index];
    if (twin === undefined) return;
    const where = `${pair} differ in block ${block.number}`;
    if (twin.headerHash !== block.headerHash) violations.push({ kind: "fork", detail: where });
    if (twin.commitHash !== block.commitHash) {
      violations.push({ kind: "commit hash", detail: where });
    }
  });
  return violations;
}
