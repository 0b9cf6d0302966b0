import type { RpcChannel, RpcDialer } from "../../src/kernel/ports/rpc.ts";
import { RpcError } from "../../src/kernel/ports/rpc.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { ClusterDefinition, methodOf, type StepRequest } from "../../src/wire/index.ts";
import { ADMISSION_INQUIRY_MS } from "./limits.ts";
import { NOT_ADMITTED, type ClusterMember } from "./member.ts";
import { encodeRaftMessage } from "./raft-codec.ts";

export interface AdmissionInquiryDeps {
  /** Presents this node's TLS client certificate. */
  readonly dialer: RpcDialer;
  readonly timers: Timers;
}

export interface AdmissionInquiryOptions {
  readonly channelId: string;
  /** Of this node. */
  readonly raftId: number;
}

/**
 * Whether `member` says that this node is none of the channel's group. It admits every member that it still counts on, so
 * that a refusal shows that the removal is committed. False also when there is no answer within `ADMISSION_INQUIRY_MS`:
 * admission is silent. Never rejects.
 */
export async function isRefusedBy(
  { dialer, timers }: AdmissionInquiryDeps,
  member: ClusterMember,
  options: AdmissionInquiryOptions,
): Promise<boolean> {
  const { address, tlsRootsPem } = member;
  const isPlain = tlsRootsPem.length === 0;
  const channel = dialer.dial(isPlain ? { address } : { address, tls: { rootsPem: tlsRootsPem } });
  const waiting = new AbortController();
  const timer = timers.after(ADMISSION_INQUIRY_MS, () => {
    waiting.abort();
  });
  try {
    await untilEnded(channel, requestTo(member, options), waiting.signal);
    return false;
  } catch (error) {
    return error instanceof RpcError && error.message.includes(NOT_ADMITTED);
  } finally {
    timer.cancel();
    channel.close();
  }
}

async function untilEnded(
  channel: RpcChannel,
  request: StepRequest,
  signal: AbortSignal,
): Promise<void> {
  const stream = channel.stream(methodOf(ClusterDefinition, "step"), { signal });
  try {
    // When the call has ended, the responses say why.
    await stream.send(request).catch(() => undefined);
    const responses = stream.responses[Symbol.asyncIterator]();
    while ((await responses.next()).done !== true);
  } finally {
    stream.cancel();
  }
}

// An answer of the first term: to any member that has gone on it is old, and none acts on it.
function requestTo(
  { raftId: to }: ClusterMember,
  { channelId, raftId: from }: AdmissionInquiryOptions,
): StepRequest {
  const payload = encodeRaftMessage({ type: "heartbeatAnswer", from, to, term: 1 });
  const value = { channel: channelId, payload, metadata: new Uint8Array(0) };
  return { payload: { $case: "consensusRequest", value } };
}
