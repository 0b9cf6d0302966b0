import { toHex } from "../../kernel/bytes.ts";
import { roleOfPrincipal, type PrincipalCount, type PrincipalSet } from "../../policy/index.ts";
import { MSPPrincipal, encode } from "../../wire/index.ts";
import { LAYOUTS_MAX, MERGED_PAIRS_MAX } from "../limits.ts";

interface KeyedCount extends PrincipalCount {
  readonly key: string;
}

type KeyedSet = ReadonlyMap<string, KeyedCount>;

/**
 * Sets of signers that satisfy two policies at once: one of `a` and one of `b` joined, for every pair. A signer counts for
 * both, so the larger count of a principal is enough, and whoever signs in a role signs as a member as well. Equal
 * results are given once; bounded by limits.ts.
 */
export function mergePrincipalSets(
  a: readonly PrincipalSet[],
  b: readonly PrincipalSet[],
): readonly PrincipalSet[] {
  const left = a.map(keyed);
  const right = b.map(keyed);
  const merged = new Map<string, PrincipalSet>();
  let pairsLeft = MERGED_PAIRS_MAX;
  for (const one of left) {
    for (const other of right) {
      if (pairsLeft === 0 || merged.size === LAYOUTS_MAX) return [...merged.values()];
      pairsLeft -= 1;
      const joined = join(one, other);
      merged.set(setKey(joined), joined);
    }
  }
  return [...merged.values()];
}

/** Equal for principals that are the same, byte for byte. */
export function principalKey(principal: MSPPrincipal): string {
  return toHex(encode(MSPPrincipal, principal));
}

function keyed(set: PrincipalSet): KeyedSet {
  return new Map(
    set.map(({ principal, count }) => {
      const key = principalKey(principal);
      return [key, { key, principal, count }];
    }),
  );
}

function setKey(set: PrincipalSet): string {
  return set
    .map(({ principal, count }) => `${principalKey(principal)}*${count}`)
    .sort()
    .join();
}

function join(a: KeyedSet, b: KeyedSet): PrincipalSet {
  const union = new Map(a);
  for (const [key, each] of b) {
    if (each.count > (union.get(key)?.count ?? 0)) union.set(key, each);
  }
  return [...union.values()].flatMap((each) => {
    const count = Math.max(remaining(each, a, union), remaining(each, b, union));
    return count > 0 ? [{ principal: each.principal, count }] : [];
  });
}

/**
 * Signers for `each` that `side` still needs when those of the union's roles that it does not need as such sign as
 * members for it. Exact for roles, of which "member" alone includes the others.
 */
function remaining(each: KeyedCount, side: KeyedSet, union: KeyedSet): number {
  const needed = side.get(each.key)?.count ?? 0;
  const mspId = memberMspId(each);
  if (needed === 0 || mspId === undefined) return needed;
  let spare = 0;
  for (const other of union.values()) {
    if (other.key === each.key || roleOfPrincipal(other.principal)?.mspId !== mspId) continue;
    spare += other.count - (side.get(other.key)?.count ?? 0);
  }
  return Math.max(0, needed - spare);
}

function memberMspId({ principal }: PrincipalCount): string | undefined {
  const role = roleOfPrincipal(principal);
  return role?.role === "member" ? role.mspId : undefined;
}
