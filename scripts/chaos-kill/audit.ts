/** What must hold of the orderers' chains, whatever was killed and when. */

/** One block as an orderer holds it. */
export interface AuditedBlock {
  readonly number: number;
  /** Of the header, in hex. */
  readonly hash: string;
  /** As the header says, in hex. */
  readonly previousHash: string;
  /** Over the bytes of header and data, which all orderers share; each signs metadata of its own. */
  readonly contentHash: string;
  /** The header's data hash is that of the data. */
  readonly isDataIntact: boolean;
  readonly transactionIds: readonly string[];
}

/** One orderer's chain, from block 0. */
export interface AuditedChain {
  readonly orderer: string;
  readonly blocks: readonly AuditedBlock[];
}

export interface AuditReport {
  readonly heights: Readonly<Record<string, number>>;
  /** Transactions of the longest chain. */
  readonly ordered: number;
  /** Blocks that differ between two orderers. */
  readonly forks: readonly string[];
  /** Blocks out of order, that do not name the hash of the one before, or whose data are not those of the header. */
  readonly broken: readonly string[];
  /** Acknowledged transactions that the longest chain does not hold. */
  readonly lost: readonly string[];
  /** Transactions that a chain holds more than once. */
  readonly doubled: readonly string[];
}

/** Compares the chains with each other and with what clients were told. */
export function audit(
  chains: readonly AuditedChain[],
  acknowledged: Iterable<string>,
): AuditReport {
  const longest = chains.reduce<readonly AuditedBlock[]>(
    (best, chain) => (chain.blocks.length > best.length ? chain.blocks : best),
    [],
  );
  const ordered = new Set(longest.flatMap((block) => block.transactionIds));
  return {
    heights: Object.fromEntries(chains.map(({ orderer, blocks }) => [orderer, blocks.length])),
    ordered: ordered.size,
    forks: chains.flatMap((chain) => forksOf(chain, longest)),
    broken: chains.flatMap((chain) => brokenOf(chain)),
    lost: [...acknowledged].filter((transactionId) => !ordered.has(transactionId)),
    doubled: chains.flatMap((chain) => doubledOf(chain)),
  };
}

/** Whether nothing is wrong. */
export function isClean({ forks, broken, lost, doubled }: AuditReport): boolean {
  return [forks, broken, lost, doubled].every((found) => found.length === 0);
}

function forksOf(chain: AuditedChain, longest: readonly AuditedBlock[]): readonly string[] {
  return chain.blocks
    .filter(({ contentHash }, place) => contentHash !== longest[place]?.contentHash)
    .map(({ number }) => `block ${number} of ${chain.orderer} is not that of the longest chain`);
}

function brokenOf({ orderer, blocks }: AuditedChain): readonly string[] {
  return blocks.flatMap(({ number, previousHash, isDataIntact }, place) => {
    const before = blocks[place - 1];
    const faults: string[] = [];
    if (number !== place) faults.push(`is number ${number}`);
    if (previousHash !== (before?.hash ?? "")) faults.push("does not follow the one before");
    if (!isDataIntact) faults.push("has other data than its header says");
    return faults.map((fault) => `block ${place} of ${orderer} ${fault}`);
  });
}

function doubledOf({ orderer, blocks }: AuditedChain): readonly string[] {
  const seen = new Set<string>();
  return blocks
    .flatMap((block) => block.transactionIds)
    .filter((transactionId) => seen.has(transactionId) || !seen.add(transactionId))
    .map((transactionId) => `${transactionId} at ${orderer}`);
}
