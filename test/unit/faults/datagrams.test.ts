import { describe, expect, test } from "vitest";
import { consensusStep } from "../../../cluster/replica/step-codec.ts";
import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { datagramsOf } from "../../../src/faults/datagrams.ts";
import {
  AtomicBroadcastDefinition,
  ClusterDefinition,
  DeliverDefinition,
  GossipDefinition,
  methodOf,
} from "../../../src/wire/index.ts";

const empty = new Uint8Array(0);
const gossip = datagramsOf(methodOf(GossipDefinition, "gossipStream").path);
const step = datagramsOf(methodOf(ClusterDefinition, "step").path);

const heartbeat = { type: "heartbeat", from: 1, to: 2, term: 1, commit: 0 } as RaftMessage;

describe("what may come twice or out of turn", () => {
  test("is gossip, and nothing of Deliver and Broadcast", () => {
    expect(gossip?.({})).toBe(true);
    for (const { path } of [
      methodOf(AtomicBroadcastDefinition, "broadcast"),
      methodOf(AtomicBroadcastDefinition, "deliver"),
      methodOf(DeliverDefinition, "deliver"),
    ]) {
      expect(datagramsOf(path)).toBeUndefined();
    }
  });

  test("is what Raft sends, and no transaction on its way to the leader", () => {
    expect(step?.(consensusStep("c", heartbeat, empty).step)).toBe(true);
    expect(step?.({ marshalled: empty })).toBe(true);
    const value = { channel: "c", payload: undefined, lastValidationSeq: 0 };
    expect(step?.({ payload: { $case: "submitRequest", value } })).toBe(false);
    expect(step?.({ payload: undefined })).toBe(false);
  });
});
