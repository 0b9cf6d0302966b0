/** Members of a group and changes of them as etcd's `raftpb.ConfState`, `ConfChange` and `ConfChangeV2`. */
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import {
  RaftConfChange,
  RaftConfChangeV2,
  RaftConfState,
  WireError,
  create,
  decode,
  encode,
  type RaftConfChangeTransition,
  type RaftConfChangeType,
} from "../../src/wire/index.ts";
import type { ConfChange, ConfChangeOp, Entry, RaftConfiguration } from "../raft/index.ts";

// In the order of raftpb.ConfChangeType and raftpb.ConfChangeTransition.
const OP_TYPES: readonly ConfChangeOp["type"][] = ["addVoter", "remove", "update", "addLearner"];
const TRANSITIONS: readonly ConfChange["transition"][] = ["auto", "implicit", "explicit"];

/** A marshalled `raftpb.ConfState`. */
export function encodeConfiguration(configuration: RaftConfiguration): Uint8Array {
  return encode(RaftConfState, toWireState(configuration));
}

/** Throws `WireError` on malformed bytes. */
export function decodeConfiguration(bytes: Uint8Array): RaftConfiguration {
  return fromWireState(decode(RaftConfState, bytes));
}

export function toWireState(configuration: RaftConfiguration): RaftConfState {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  return create(RaftConfState, {
    voters: [...voters],
    votersOutgoing: [...votersOutgoing],
    learners: [...learners],
    learnersNext: [...learnersNext],
    autoLeave,
  });
}

/** In whatever order the ids came. */
export function fromWireState(state: RaftConfState): RaftConfiguration {
  return {
    voters: ascending(state.voters),
    votersOutgoing: ascending(state.votersOutgoing),
    learners: ascending(state.learners),
    learnersNext: ascending(state.learnersNext),
    autoLeave: state.autoLeave,
  };
}

/** A change of one member as a marshalled `raftpb.ConfChange`, the form that Fabric's orderers write. */
export function encodeConfChangeV1(
  op: ConfChangeOp,
  context: Uint8Array = EMPTY_BYTES,
): Uint8Array {
  const type = OP_TYPES.indexOf(op.type) as RaftConfChangeType;
  return encode(RaftConfChange, create(RaftConfChange, { type, nodeId: op.id, context }));
}

/** As a marshalled `raftpb.ConfChangeV2`. */
export function encodeConfChangeV2({ transition, ops, context }: ConfChange): Uint8Array {
  const changes = ops.map(({ type, id }) => ({
    type: OP_TYPES.indexOf(type) as RaftConfChangeType,
    nodeId: id,
  }));
  const fields = {
    transition: TRANSITIONS.indexOf(transition) as RaftConfChangeTransition,
    changes,
    context,
  };
  return encode(RaftConfChangeV2, create(RaftConfChangeV2, fields));
}

/** What the bytes of an entry of this type say; `undefined` for bytes that are none, which change nothing. */
export function decodeConfChange(
  type: "confChange" | "confChangeV2",
  data: Uint8Array,
): ConfChange | undefined {
  try {
    return type === "confChange" ? changeOfV1(data) : changeOfV2(data);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** `entry` with the change that its data describes. */
export function withChange(entry: Entry): Entry {
  if (entry.type === "normal") return entry;
  const change = decodeConfChange(entry.type, entry.data);
  return change === undefined ? entry : { ...entry, change };
}

function changeOfV1(data: Uint8Array): ConfChange | undefined {
  const { type, nodeId: id, context } = decode(RaftConfChange, data);
  const op = OP_TYPES[type];
  if (op === undefined) return undefined;
  return { transition: "auto", ops: [{ type: op, id }], context };
}

function changeOfV2(data: Uint8Array): ConfChange | undefined {
  const { transition: place, changes, context } = decode(RaftConfChangeV2, data);
  const transition = TRANSITIONS[place];
  const ops: ConfChangeOp[] = [];
  for (const { type, nodeId: id } of changes) {
    const op = OP_TYPES[type];
    if (op === undefined) return undefined;
    ops.push({ type: op, id });
  }
  return transition === undefined ? undefined : { transition, ops, context };
}

function ascending(ids: readonly number[]): readonly number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}
