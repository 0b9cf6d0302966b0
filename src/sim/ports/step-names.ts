/** Names of the durable steps that nodes take, by the role of the node and the file: where a crash can be ordered. */
import type { DiskStep } from "./disk-step.ts";

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\/raft\/wal-\d+\.heddle$/, "log segment"],
  [/\/raft\/aside-\d+-wal-\d+\.heddle$/, "damaged log segment"],
  [/\/raft\/set-aside\.heddle(\.new)?$/, "record of a damaged log"],
  [/\/raft\.member(\.new)?$/, "record of membership"],
  [/\/raft\.released(\.new)?$/, "record of release"],
  [/\/raft$/, "log folder"],
  [/\/blocks\/blocks-\d+\.heddle$/, "block file"],
  [/\/blocks$/, "block folder"],
  [/\/channels\/[^/]+$/, "channel folder"],
  [/\/packages\/.*\.tar\.gz(\.partial)?$/, "package"],
  [/\/packages$/, "package folder"],
  [/\/pendingops\/join\/.+$/, "record of a join"],
  [/\/pendingops\/left\/.+$/, "record of leaving"],
  [/\/pendingops\/member\/.+$/, "record of past membership"],
  [/\/pendingops\/remove\/.+$/, "record of a removal"],
  [/\/pendingops\/[a-z]+$/, "folder of records"],
];

const STEPS: Readonly<Record<DiskStep, string>> = {
  makeDirectory: "made",
  create: "made",
  write: "written",
  truncate: "cut to size",
  sync: "flushed",
  rename: "put in place",
  remove: "removed",
  syncDirectory: "flushed",
  batch: "written",
};

/** `log segment flushed`; undefined for a step without a name. */
export function stepName(step: DiskStep, path: string): string | undefined {
  if (step === "batch") return "state batch written";
  const kind = KINDS.find(([pattern]) => pattern.test(path))?.[1];
  return kind && `${kind} ${STEPS[step]}`;
}

const WRITTEN = ["made", "written", "cut to size", "flushed"] as const;
const RECORDED = [...WRITTEN, "put in place"] as const;

function of(kind: string, steps: readonly string[]): readonly string[] {
  return steps.map((step) => `${kind} ${step}`);
}

/** Steps that nodes take while they start and serve: a crash at one of them comes soon, whoever it is ordered at. */
export const USUAL_STEPS: Readonly<Record<"orderer" | "peer", readonly string[]>> = {
  orderer: [
    ...of("log segment", WRITTEN),
    ...of("log folder", ["made", "flushed"]),
    ...of("record of membership", RECORDED),
    ...of("block file", ["made", "written", "flushed"]),
    ...of("block folder", ["made", "flushed"]),
    ...of("channel folder", ["flushed"]),
    ...of("folder of records", ["made", "flushed"]),
  ],
  peer: [
    ...of("block file", ["made", "written", "flushed"]),
    ...of("block folder", ["made", "flushed"]),
    ...of("state batch", ["written"]),
  ],
};

/** Steps at which crashes are ordered, by the role of the node that takes them. */
export const FAILPOINTS: Readonly<Record<"orderer" | "peer", readonly string[]>> = {
  orderer: [
    ...USUAL_STEPS.orderer,
    ...of("log segment", ["removed"]),
    ...of("record of membership", ["removed"]),
    ...of("record of release", [...RECORDED, "removed"]),
    ...of("block file", ["removed"]),
    ...of("record of a join", [...RECORDED, "removed"]),
    ...of("record of leaving", [...RECORDED, "removed"]),
    ...of("record of past membership", RECORDED),
    ...of("record of a removal", [...RECORDED, "removed"]),
  ],
  peer: [
    ...USUAL_STEPS.peer,
    ...of("package", RECORDED),
    ...of("package folder", ["made", "flushed"]),
  ],
};

/** What administrators do to a node. */
export type Change = "remove" | "add" | "renew" | "join";

/** Steps that are taken where an orderer gives a channel up, and nowhere else. */
export const STEPS_OF_REMOVALS: ReadonlySet<string> = new Set([
  ...of("record of a removal", [...RECORDED, "removed"]),
  ...of("record of leaving", RECORDED),
  ...of("record of past membership", RECORDED),
  ...of("record of membership", ["removed"]),
  ...of("log segment", ["removed"]),
  ...of("block file", ["removed"]),
]);

/** Durable steps that the changed node takes in a change, and hardly ever otherwise. */
export const STEPS_OF_CHANGES: Readonly<Record<Change, readonly string[]>> = {
  remove: [
    ...of("record of release", RECORDED),
    ...of("record of leaving", RECORDED),
    ...of("record of past membership", RECORDED),
    ...of("record of a removal", [...RECORDED, "removed"]),
    ...of("record of a join", ["removed"]),
    ...of("record of membership", ["removed"]),
    ...of("log segment", ["removed"]),
    ...of("block file", ["removed"]),
    ...of("channel folder", ["flushed"]),
    ...of("folder of records", ["made", "flushed"]),
  ],
  add: [
    ...of("record of a join", [...RECORDED, "removed"]),
    ...of("record of leaving", ["removed"]),
    ...of("record of release", ["removed"]),
    ...of("record of membership", RECORDED),
    ...of("log segment", ["made", "cut to size"]),
    ...of("log folder", ["made", "flushed"]),
    ...of("block file", ["made"]),
    ...of("block folder", ["made", "flushed"]),
    ...of("channel folder", ["flushed"]),
    ...of("folder of records", ["flushed"]),
  ],
  renew: [
    ...of("record of membership", RECORDED),
    ...of("log folder", ["made", "flushed"]),
    ...of("block folder", ["made", "flushed"]),
    ...of("channel folder", ["flushed"]),
    ...of("folder of records", ["made", "flushed"]),
  ],
  join: FAILPOINTS.peer,
};
