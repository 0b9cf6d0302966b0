/** What a peer holds of private data, for others: sets that wait for their transaction, and sets of committed ones. */
import type { Ledger, TransientStore } from "../../src/ledger/index.ts";
import { TxPvtReadWriteSet, tryDecode } from "../../src/wire/index.ts";
import { PUSHED_SETS_PER_TX_MAX } from "./limits.ts";
import type { PrivateSetDigest, PushedPrivateSet } from "./ports.ts";
import { transientSetOf } from "./private-gatherer.ts";

/** The stores of one channel. */
export interface PrivateHoldings {
  readonly ledger: Pick<Ledger, "height" | "hasTransaction" | "privateSet">;
  readonly transient: Pick<TransientStore, "persist" | "read">;
}

/** Keeps a pushed set for its transaction, durably. Resolves with the reason where it does not. */
export async function keepPushedSet(
  { ledger, transient }: PrivateHoldings,
  set: PushedPrivateSet,
): Promise<string | undefined> {
  const { txId, height, bytes } = set;
  if (ledger.hasTransaction(txId)) return "the transaction is committed already";
  if (transient.read(txId).length >= PUSHED_SETS_PER_TX_MAX) {
    return `there are ${PUSHED_SETS_PER_TX_MAX} private sets of the transaction already`;
  }
  // A height that is not reached yet would keep the set from ever being forgotten.
  await transient.persist(
    txId,
    Math.min(height, ledger.height),
    transientSetOf([{ ...set, bytes }]),
  );
  return undefined;
}

/** The sets for one place. A set can be in either store: it moves from the one to the other with its block's commit. */
export function heldSets(
  { ledger, transient }: PrivateHoldings,
  digest: PrivateSetDigest,
): readonly Uint8Array[] {
  const { blockNumber, txNumber, txId, namespace, collection } = digest;
  const committed = ledger.privateSet(blockNumber, txNumber, digest);
  if (committed !== undefined) return [committed];
  if (txId === "") return [];
  return transient.read(txId).flatMap(({ bytes }) => {
    const sets = tryDecode(TxPvtReadWriteSet, bytes)?.nsPvtRwset ?? [];
    return sets
      .filter((each) => each.namespace === namespace)
      .flatMap(({ collectionPvtRwset }) => collectionPvtRwset)
      .filter(({ collectionName }) => collectionName === collection)
      .map(({ rwset }) => rwset);
  });
}
