/** What one member sends another: `orderer.StepRequest`. */
import type { RpcMethod } from "../../src/kernel/ports/rpc.ts";
import { concatBytes } from "../../src/kernel/bytes.ts";
import {
  ClusterDefinition,
  ConsensusRequest,
  create,
  encode,
  lengthDelimited,
  methodOf,
  type StepRequest,
  type StepResponse,
} from "../../src/wire/index.ts";
import type { RaftMessage } from "../raft/index.ts";
import { encodeAppend, encodeRaftMessage } from "./raft-codec.ts";

/** A request, marshalled already or not. */
export type OutgoingStep = StepRequest | { readonly marshalled: Uint8Array };

const { request, ...method } = methodOf(ClusterDefinition, "step");

export const STEP: RpcMethod<OutgoingStep, StepResponse> = {
  ...method,
  request: {
    encode: (step) => ("marshalled" in step ? step.marshalled : request.encode(step)),
    decode: (bytes) => request.decode(bytes),
  },
};

// Of StepRequest and ConsensusRequest.
const CONSENSUS_REQUEST_FIELD = 1;
const PAYLOAD_FIELD = 2;

/** A message of Raft's for a member, and about how many bytes it has. */
export function consensusStep(
  channel: string,
  message: RaftMessage,
  metadata: Uint8Array,
): { readonly step: OutgoingStep; readonly bytes: number } {
  if (message.type === "append" && message.entries.length > 0) {
    const marshalled = marshalledAppend(channel, encodeAppend(message), metadata);
    return { step: { marshalled }, bytes: marshalled.length };
  }
  const payload = encodeRaftMessage(message);
  const value = { channel, payload, metadata };
  return { step: { payload: { $case: "consensusRequest", value } }, bytes: payload.length };
}

// Blocks are large and go to every follower, and each level of nesting would copy them: so each is copied once.
function marshalledAppend(
  channel: string,
  append: readonly Uint8Array[],
  metadata: Uint8Array,
): Uint8Array {
  const payload = [
    encode(ConsensusRequest, create(ConsensusRequest, { channel })),
    lengthDelimited(PAYLOAD_FIELD, lengthOf(append)),
    ...append,
    encode(ConsensusRequest, create(ConsensusRequest, { metadata })),
  ];
  return concatBytes(lengthDelimited(CONSENSUS_REQUEST_FIELD, lengthOf(payload)), ...payload);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
