/** Closed-loop load through Broadcast: so many streams, so many envelopes in flight on each. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import { GrpcDialer } from "../../src/kernel/adapters/grpc-dialer.ts";
import { systemRandom } from "../../src/kernel/adapters/system-random.ts";
import type { RpcChannel } from "../../src/kernel/ports/rpc.ts";
import { readSigner } from "../../src/msp/adapters/msp-directory.ts";
import { bareTransaction } from "../../src/network/client/bare-transaction.ts";
import {
  AtomicBroadcastDefinition,
  Status,
  methodOf,
  type Envelope,
} from "../../src/wire/index.ts";
import type { DevelopmentNetwork } from "../../src/network/development-network.ts";
import type { OrdererSite } from "../../src/network/topology.ts";

// In DER, with what frames payload and signature.
const SIGNATURE_BYTES = 80;

/** Who is sent to: a network's orderers, or some of them. */
export interface LoadTarget {
  readonly network: DevelopmentNetwork;
  readonly sites: readonly OrdererSite[];
}

export interface LoadOptions {
  readonly streams: number;
  readonly inFlight: number;
  readonly secondsMax: number;
}

export interface LoadFigures {
  /** Acknowledged: in a block that Raft committed, on disk at the orderer that answered. */
  readonly acknowledged: number;
  readonly refused: number;
  readonly seconds: number;
  /** Of each acknowledged envelope, sorted. */
  readonly latenciesMs: readonly number[];
}

/** Envelopes of about `bytes` each, signed before the clock runs, for `channelIds` in turn. */
export async function signEnvelopes(
  { layout, topology }: DevelopmentNetwork,
  count: number,
  bytes: number,
  channelIds: readonly string[] = [topology.channelId],
): Promise<Envelope[]> {
  const [organization] = topology.organizations;
  if (organization === undefined) throw new Error("the network has no organisation");
  const user = join(layout.user(organization.domain, "User1"), "msp");
  const signer = await readSigner(user, organization.mspId);
  const deps = { signer, random: systemRandom };
  const empty = await bareTransaction(deps, topology.channelId, EMPTY_BYTES);
  const dataBytes = Math.max(1, bytes - empty.envelope.payload.length - SIGNATURE_BYTES);
  const envelopes: Envelope[] = [];
  for (let number = 0; number < count; number += 1) {
    const channelId = channelIds[number % channelIds.length] ?? topology.channelId;
    const data = systemRandom.bytes(dataBytes);
    envelopes.push((await bareTransaction(deps, channelId, data)).envelope);
  }
  return envelopes;
}

/** A connection to each of them. */
export async function dialAll({ network, sites }: LoadTarget): Promise<readonly RpcChannel[]> {
  const { layout, topology } = network;
  const domain = topology.orderers[0]?.domain ?? "";
  const root = await readFile(
    join(layout.ordererOrganization(domain), "tlsca", `tlsca.${domain}-cert.pem`),
  );
  return sites.map(({ name, port }) =>
    new GrpcDialer({}).dial({
      address: `127.0.0.1:${port}`,
      tls: { rootsPem: [root], serverName: name },
    }),
  );
}

/** That of the stream at `place`: streams are spread over the orderers. */
export function channelAt(channels: readonly RpcChannel[], place: number): RpcChannel {
  const channel = channels[place % channels.length];
  if (channel === undefined) throw new Error("there are no orderers");
  return channel;
}

/** Sends `envelopes` until all are answered or the time is up. */
export async function runLoad(
  target: LoadTarget,
  envelopes: readonly Envelope[],
  options: LoadOptions,
): Promise<LoadFigures> {
  const channels = await dialAll(target);
  const tally = { next: 0, refused: 0, latenciesMs: new Array<number>() };
  const startMs = performance.now();
  const endMs = startMs + options.secondsMax * 1_000;
  const take = (): Envelope | undefined =>
    performance.now() < endMs ? envelopes[tally.next++] : undefined;
  try {
    await Promise.all(
      Array.from({ length: options.streams }, (_, place) =>
        runStream(channelAt(channels, place), take, options.inFlight, tally),
      ),
    );
    const seconds = (performance.now() - startMs) / 1_000;
    const latenciesMs = tally.latenciesMs.toSorted((a, b) => a - b);
    return { acknowledged: latenciesMs.length, refused: tally.refused, seconds, latenciesMs };
  } finally {
    for (const channel of channels) channel.close();
  }
}

// Answers come in the order of the requests; a refusal ends the stream.
async function runStream(
  channel: RpcChannel,
  take: () => Envelope | undefined,
  inFlight: number,
  tally: { refused: number; readonly latenciesMs: number[] },
): Promise<void> {
  const stream = channel.stream(methodOf(AtomicBroadcastDefinition, "broadcast"));
  const sentMs: number[] = [];
  // A stream that is full is waited for by one send at a time.
  let sending = Promise.resolve();
  const sendNext = (): void => {
    const next = take();
    if (next === undefined) {
      if (sentMs.length === 0) stream.end();
      return;
    }
    sentMs.push(performance.now());
    sending = sending.then(() => stream.send(next)).catch(() => undefined);
  };
  for (let count = 0; count < inFlight; count += 1) sendNext();
  for await (const { status } of stream.responses) {
    const begunMs = sentMs.shift() ?? 0;
    if (status === Status.SUCCESS) tally.latenciesMs.push(performance.now() - begunMs);
    else tally.refused += 1;
    sendNext();
  }
}
