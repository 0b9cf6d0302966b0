/** What the other consenters of a channel say of it. */
import type { ChannelConfig, RaftConsenter } from "../../src/channel/index.ts";
import { seekEnvelope } from "../../src/delivery/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcChannel, RpcDialer } from "../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import {
  AtomicBroadcastDefinition,
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  Status,
  methodOf,
  type DeliverResponse,
  type Envelope,
  type SeekPosition,
} from "../../src/wire/index.ts";
import { publicKeyOf } from "../replica/index.ts";
import { INQUIRY_MS } from "./limits.ts";

export interface GroupInquiryDeps {
  readonly dialer: RpcDialer;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/**
 * Whether every other consenter of `config` says that nothing was ordered: it does not have the channel, or no block after
 * the first. One that does not answer within `INQUIRY_MS`, or answers anything else, may have more. Never rejects.
 */
export async function isNothingOrdered(
  deps: GroupInquiryDeps,
  config: ChannelConfig,
  serverTlsCert: Uint8Array,
): Promise<boolean> {
  const own = publicKeyOf(serverTlsCert);
  const others = config.orderer.consenters.filter(
    ({ serverTlsCertPem }) => publicKeyOf(serverTlsCertPem) !== own,
  );
  const answers = await Promise.all(others.map((consenter) => hasNothing(deps, config, consenter)));
  return answers.every((answer) => answer);
}

async function hasNothing(
  deps: GroupInquiryDeps,
  config: ChannelConfig,
  { host, port }: RaftConsenter,
): Promise<boolean> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const rootsPem = config.orderer.organizations.flatMap((organization) => organization.tlsRootsPem);
  const isTlsEnabled = deps.dialer.localCertificate !== undefined && rootsPem.length > 0;
  const channel = deps.dialer.dial(isTlsEnabled ? { address, tls: { rootsPem } } : { address });
  const waiting = new AbortController();
  const timer = deps.timers.after(INQUIRY_MS, () => {
    waiting.abort();
  });
  try {
    const request = await newestOf(deps, config.channelId);
    const response = await firstResponse(channel, request, waiting.signal);
    return response !== undefined && saysNothing(response);
  } catch {
    return false;
  } finally {
    timer.cancel();
    channel.close();
  }
}

function saysNothing({ type }: DeliverResponse): boolean {
  if (type?.$case === "status") return type.value === Status.NOT_FOUND;
  return type?.value.header?.number === 0;
}

async function firstResponse(
  channel: RpcChannel,
  request: Envelope,
  signal: AbortSignal,
): Promise<DeliverResponse | undefined> {
  const stream = channel.stream(methodOf(AtomicBroadcastDefinition, "deliver"), { signal });
  try {
    await stream.send(request);
    for await (const response of stream.responses) return response;
    return undefined;
  } finally {
    stream.cancel();
  }
}

function newestOf(deps: GroupInquiryDeps, channelId: string): Promise<Envelope> {
  const newest: SeekPosition = { type: { $case: "newest", value: {} } };
  return seekEnvelope(deps.signer, deps.random, {
    channelId,
    seek: {
      start: newest,
      stop: newest,
      behavior: SeekInfo_SeekBehavior.FAIL_IF_NOT_READY,
      errorResponse: SeekInfo_SeekErrorResponse.BEST_EFFORT,
      contentType: SeekInfo_SeekContentType.BLOCK,
    },
    nowMs: deps.clock.wallMs(),
    tlsCertificate: deps.dialer.localCertificate,
  });
}
