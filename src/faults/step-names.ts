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
/** Of a record: it is written whole beside its place, and put there. */
export const RECORDED: readonly string[] = [...WRITTEN, "put in place"];

/** All `steps` of files of this kind. */
export function stepsOf(kind: string, steps: readonly string[]): readonly string[] {
  return steps.map((step) => `${kind} ${step}`);
}

/** Steps that nodes take with every block, and next to nothing else while they serve. */
export const SERVING_STEPS: Readonly<Record<"orderer" | "peer", readonly [string, ...string[]]>> = {
  orderer: [
    "log segment written",
    "log segment flushed",
    "block file written",
    "block file flushed",
  ],
  peer: ["block file written", "block file flushed", "state batch written"],
};

/** Steps that nodes take while they start and serve: a crash at one of them comes soon, whoever it is ordered at. */
export const USUAL_STEPS: Readonly<Record<"orderer" | "peer", readonly string[]>> = {
  orderer: [
    ...stepsOf("log segment", WRITTEN),
    ...stepsOf("log folder", ["made", "flushed"]),
    ...stepsOf("record of membership", RECORDED),
    ...stepsOf("block file", ["made", "written", "flushed"]),
    ...stepsOf("block folder", ["made", "flushed"]),
    ...stepsOf("channel folder", ["flushed"]),
    ...stepsOf("folder of records", ["made", "flushed"]),
  ],
  peer: [
    ...stepsOf("block file", ["made", "written", "flushed"]),
    ...stepsOf("block folder", ["made", "flushed"]),
    ...stepsOf("state batch", ["written"]),
  ],
};

/** Steps at which crashes are ordered, by the role of the node that takes them. */
export const FAILPOINTS: Readonly<Record<"orderer" | "peer", readonly string[]>> = {
  orderer: [
    ...USUAL_STEPS.orderer,
    ...stepsOf("log segment", ["removed"]),
    ...stepsOf("record of membership", ["removed"]),
    ...stepsOf("record of release", [...RECORDED, "removed"]),
    ...stepsOf("block file", ["removed"]),
    ...stepsOf("record of a join", [...RECORDED, "removed"]),
    ...stepsOf("record of leaving", [...RECORDED, "removed"]),
    ...stepsOf("record of past membership", RECORDED),
    ...stepsOf("record of a removal", [...RECORDED, "removed"]),
  ],
  peer: [
    ...USUAL_STEPS.peer,
    ...stepsOf("package", RECORDED),
    ...stepsOf("package folder", ["made", "flushed"]),
  ],
};
