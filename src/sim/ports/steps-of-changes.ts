/** Steps that nodes take while they are being changed: where administrators order crashes. */
import { FAILPOINTS, RECORDED, stepsOf } from "../../faults/index.ts";

/** What administrators do to a node. */
export type Change = "remove" | "add" | "renew" | "join";

/** Steps that are taken where an orderer gives a channel up, and nowhere else. */
export const STEPS_OF_REMOVALS: ReadonlySet<string> = new Set([
  ...stepsOf("record of a removal", [...RECORDED, "removed"]),
  ...stepsOf("record of leaving", RECORDED),
  ...stepsOf("record of past membership", RECORDED),
  ...stepsOf("record of membership", ["removed"]),
  ...stepsOf("log segment", ["removed"]),
  ...stepsOf("block file", ["removed"]),
]);

/** Durable steps that the changed node takes in a change, and hardly ever otherwise. */
export const STEPS_OF_CHANGES: Readonly<Record<Change, readonly string[]>> = {
  remove: [
    ...stepsOf("record of release", RECORDED),
    ...stepsOf("record of leaving", RECORDED),
    ...stepsOf("record of past membership", RECORDED),
    ...stepsOf("record of a removal", [...RECORDED, "removed"]),
    ...stepsOf("record of a join", ["removed"]),
    ...stepsOf("record of membership", ["removed"]),
    ...stepsOf("log segment", ["removed"]),
    ...stepsOf("block file", ["removed"]),
    ...stepsOf("channel folder", ["flushed"]),
    ...stepsOf("folder of records", ["made", "flushed"]),
  ],
  add: [
    ...stepsOf("record of a join", [...RECORDED, "removed"]),
    ...stepsOf("record of leaving", ["removed"]),
    ...stepsOf("record of release", ["removed"]),
    ...stepsOf("record of membership", RECORDED),
    ...stepsOf("log segment", ["made", "cut to size"]),
    ...stepsOf("log folder", ["made", "flushed"]),
    ...stepsOf("block file", ["made"]),
    ...stepsOf("block folder", ["made", "flushed"]),
    ...stepsOf("channel folder", ["flushed"]),
    ...stepsOf("folder of records", ["flushed"]),
  ],
  renew: [
    ...stepsOf("record of membership", RECORDED),
    ...stepsOf("log folder", ["made", "flushed"]),
    ...stepsOf("block folder", ["made", "flushed"]),
    ...stepsOf("channel folder", ["flushed"]),
    ...stepsOf("folder of records", ["made", "flushed"]),
  ],
  join: FAILPOINTS.peer,
};
