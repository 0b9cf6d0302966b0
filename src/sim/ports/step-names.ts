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

/** Steps at which crashes are ordered, by the role of the node that takes them. */
export const FAILPOINTS: Readonly<Record<"orderer" | "peer", readonly string[]>> = {
  orderer: [
    ...of("log segment", [...WRITTEN, "removed"]),
    ...of("log folder", ["made", "flushed"]),
    ...of("record of membership", [...RECORDED, "removed"]),
    ...of("record of release", [...RECORDED, "removed"]),
    ...of("block file", ["made", "written", "flushed", "removed"]),
    ...of("block folder", ["made", "flushed"]),
    ...of("channel folder", ["flushed"]),
    ...of("record of a join", [...RECORDED, "removed"]),
    ...of("record of leaving", [...RECORDED, "removed"]),
    ...of("record of past membership", RECORDED),
    ...of("record of a removal", [...RECORDED, "removed"]),
    ...of("folder of records", ["made", "flushed"]),
  ],
  peer: [
    ...of("block file", ["made", "written", "flushed"]),
    ...of("block folder", ["made", "flushed"]),
    ...of("package", RECORDED),
    ...of("package folder", ["made", "flushed"]),
    ...of("state batch", ["written"]),
  ],
};
