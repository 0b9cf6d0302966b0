/** A peer that may endorse, as one request sees it. */
export interface Candidate {
  readonly mspId: string;
  /** `host:port`. */
  readonly address: string;
  readonly identity: Uint8Array;
  readonly height: number;
  readonly chaincodes: readonly { readonly name: string; readonly version: string }[];
  readonly isLocal: boolean;
}

/** Highest ledgers first; among equals this peer, then the given order. */
export function byPreference(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted(
    (a, b) => b.height - a.height || Number(b.isLocal) - Number(a.isLocal),
  );
}

/** Peers to evaluate on: first those of `mspId`, then the others, each by preference. */
export function evaluators(
  candidates: readonly Candidate[],
  mspId: string,
  organizations: readonly string[],
): readonly Candidate[] {
  const allowed =
    organizations.length === 0
      ? candidates
      : candidates.filter((each) => organizations.includes(each.mspId));
  const ordered = byPreference(allowed);
  return [
    ...ordered.filter((each) => each.mspId === mspId),
    ...ordered.filter((each) => each.mspId !== mspId),
  ];
}
