/**
 * Records of the write-ahead log: type[1] length[4] body. All integers are big-endian.
 *
 *   hardState = term[8] votedFor[8] (0: nobody) commit[8]
 *   entry     = type[1] term[8] index[8] data
 *   snapshot  = origin[1] term[8] index[8] stateLength[4] state (raftpb.ConfState) data
 *   forgotten = text
 *   joined    = index[8]
 */
import { utf8, utf8DecodeLeniently } from "../../src/kernel/bytes.ts";
import { WireError } from "../../src/wire/index.ts";
import type { Entry, HardState, Snapshot } from "../raft/index.ts";
import { decodeConfiguration, encodeConfiguration } from "./configuration-codec.ts";

/**
 * `taken`: of this member's own state; the log up to its index is no longer needed. `received`: from the leader; no entry
 * before this record counts any more.
 */
export type SnapshotOrigin = "taken" | "received";

export type WalRecord =
  | { readonly type: "hardState"; readonly hardState: HardState }
  | { readonly type: "entry"; readonly entry: Entry }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot; readonly origin: SnapshotOrigin }
  /** Before this log there was another, with promises that nobody knows any more. `reason` says what became of it. */
  | { readonly type: "forgotten"; readonly reason: string }
  /** The member was added to a group that ran, with blocks of entries up to `index`, which its log may never hold. */
  | { readonly type: "joined"; readonly index: number };

const RECORD_TYPES = { hardState: 1, entry: 2, snapshot: 3, forgotten: 4, joined: 5 } as const;
const ENTRY_TYPES = ["normal", "confChange", "confChangeV2"] as const;
const SNAPSHOT_ORIGINS = ["taken", "received"] as const;
const SNAPSHOT_HEAD_BYTES = 21;
const INDEX_BYTES = 8;
const RECORD_HEAD_BYTES = 5;
const HARD_STATE_BYTES = 24;
const ENTRY_HEAD_BYTES = 17;

/** Bytes that `record` takes in a frame. */
export function recordBytes(record: WalRecord): number {
  switch (record.type) {
    case "hardState":
      return RECORD_HEAD_BYTES + HARD_STATE_BYTES;
    case "entry":
      return RECORD_HEAD_BYTES + ENTRY_HEAD_BYTES + record.entry.data.length;
    case "snapshot": {
      const state = encodeConfiguration(record.snapshot.configuration);
      const { data } = record.snapshot;
      return RECORD_HEAD_BYTES + SNAPSHOT_HEAD_BYTES + state.length + data.length;
    }
    case "forgotten":
      return RECORD_HEAD_BYTES + utf8(record.reason).length;
    case "joined":
      return RECORD_HEAD_BYTES + INDEX_BYTES;
  }
}

/** The record in parts, to be joined: an entry's data is not copied here. */
export function encodeRecord(record: WalRecord): readonly Uint8Array[] {
  switch (record.type) {
    case "hardState":
      return framed(record.type, encodeHardState(record.hardState));
    case "entry":
      return framed(record.type, encodeEntryHead(record.entry), record.entry.data);
    case "snapshot":
      return framed(record.type, ...encodeSnapshot(record.snapshot, record.origin));
    case "forgotten":
      return framed(record.type, utf8(record.reason));
    case "joined":
      return framed(record.type, encodeIndex(record.index));
  }
}

function framed(type: WalRecord["type"], ...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const head = new Uint8Array(RECORD_HEAD_BYTES);
  head[0] = RECORD_TYPES[type];
  viewOf(head).setUint32(
    1,
    parts.reduce((total, part) => total + part.length, 0),
  );
  return [head, ...parts];
}

function encodeHardState(state: HardState): Uint8Array {
  const bytes = new Uint8Array(HARD_STATE_BYTES);
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(state.term));
  view.setBigUint64(8, BigInt(state.votedFor ?? 0));
  view.setBigUint64(16, BigInt(state.commit));
  return bytes;
}

function encodeEntryHead(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_HEAD_BYTES);
  const view = viewOf(bytes);
  bytes[0] = ENTRY_TYPES.indexOf(entry.type);
  view.setBigUint64(1, BigInt(entry.term));
  view.setBigUint64(9, BigInt(entry.index));
  return bytes;
}

function encodeIndex(index: number): Uint8Array {
  const bytes = new Uint8Array(INDEX_BYTES);
  viewOf(bytes).setBigUint64(0, BigInt(index));
  return bytes;
}

function encodeSnapshot(snapshot: Snapshot, origin: SnapshotOrigin): readonly Uint8Array[] {
  const state = encodeConfiguration(snapshot.configuration);
  const head = new Uint8Array(SNAPSHOT_HEAD_BYTES);
  const view = viewOf(head);
  head[0] = SNAPSHOT_ORIGINS.indexOf(origin);
  view.setBigUint64(1, BigInt(snapshot.term));
  view.setBigUint64(9, BigInt(snapshot.index));
  view.setUint32(17, state.length);
  return [head, state, snapshot.data];
}

/** The records of a frame, or `undefined` when they are not what this version writes. */
export function decodeRecords(payload: Uint8Array): readonly WalRecord[] | undefined {
  const records: WalRecord[] = [];
  const view = viewOf(payload);
  let offset = 0;
  while (offset < payload.length) {
    if (offset + RECORD_HEAD_BYTES > payload.length) return undefined;
    const start = offset + RECORD_HEAD_BYTES;
    const end = start + view.getUint32(offset + 1);
    if (end > payload.length) return undefined;
    const record = decodeRecord(payload[offset] ?? 0, { view, payload, start, end });
    if (record === undefined) return undefined;
    records.push(record);
    offset = end;
  }
  return records;
}

/** The body of a record, and where it is: a log has so many that each saves its own view. */
interface RecordBody {
  readonly payload: Uint8Array;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

function decodeRecord(type: number, body: RecordBody): WalRecord | undefined {
  const { payload, view, start, end } = body;
  switch (type) {
    case RECORD_TYPES.hardState:
      return decodeHardState(body);
    case RECORD_TYPES.entry:
      return decodeEntry(body);
    case RECORD_TYPES.snapshot:
      return decodeSnapshot(payload.subarray(start, end));
    case RECORD_TYPES.forgotten:
      return { type: "forgotten", reason: utf8DecodeLeniently(payload.subarray(start, end)) };
    case RECORD_TYPES.joined:
      return end - start === INDEX_BYTES
        ? { type: "joined", index: readUint64(view, start) }
        : undefined;
    default:
      return undefined;
  }
}

function decodeHardState({ view, start, end }: RecordBody): WalRecord | undefined {
  if (end - start !== HARD_STATE_BYTES) return undefined;
  const votedFor = readUint64(view, start + 8);
  const hardState = {
    term: readUint64(view, start),
    votedFor: votedFor === 0 ? undefined : votedFor,
    commit: readUint64(view, start + 16),
  };
  return { type: "hardState", hardState };
}

function decodeEntry({ payload, view, start, end }: RecordBody): WalRecord | undefined {
  if (end - start < ENTRY_HEAD_BYTES) return undefined;
  const type = ENTRY_TYPES[payload[start] ?? -1];
  if (type === undefined) return undefined;
  const entry = {
    type,
    term: readUint64(view, start + 1),
    index: readUint64(view, start + 9),
    data: payload.subarray(start + ENTRY_HEAD_BYTES, end),
  };
  return { type: "entry", entry };
}

function decodeSnapshot(body: Uint8Array): WalRecord | undefined {
  const origin = SNAPSHOT_ORIGINS[body[0] ?? -1];
  if (body.length < SNAPSHOT_HEAD_BYTES || origin === undefined) return undefined;
  const view = viewOf(body);
  const end = SNAPSHOT_HEAD_BYTES + view.getUint32(17);
  if (end > body.length) return undefined;
  const configuration = maybeConfiguration(body.subarray(SNAPSHOT_HEAD_BYTES, end));
  if (configuration === undefined) return undefined;
  const snapshot = {
    term: Number(view.getBigUint64(1)),
    index: Number(view.getBigUint64(9)),
    configuration,
    data: body.slice(end),
  };
  return { type: "snapshot", snapshot, origin };
}

function maybeConfiguration(bytes: Uint8Array): Snapshot["configuration"] | undefined {
  try {
    return decodeConfiguration(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** An unsigned number of eight bytes, the highest first; rounded from 2^53 on, as `Number` of a bigint is. */
export function readUint64(view: DataView, offset: number): number {
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
