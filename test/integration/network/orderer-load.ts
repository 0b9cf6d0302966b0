/** Transactions broadcast to orderers, one after the other, and what became of them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { readSigner } from "../../../src/msp/adapters/index.ts";
import { DevelopmentNetwork } from "../../../src/network/index.ts";
import {
  bareTransaction,
  type BareTransaction,
} from "../../../src/network/client/bare-transaction.ts";
import type { OrdererSite } from "../../../src/network/topology.ts";
import {
  AtomicBroadcastDefinition,
  ChannelHeader,
  Envelope,
  Payload,
  Status,
  decode,
  methodOf,
  type BroadcastResponse,
} from "../../../src/wire/index.ts";

const broadcast = methodOf(AtomicBroadcastDefinition, "broadcast");
const PAUSE_MS = 50;

export class OrdererLoad {
  readonly acknowledged: string[] = [];
  /** Longest time between two acknowledgements since the last look. */
  #longestMs = 0;
  #lastMs = performance.now();
  readonly #stopping = new AbortController();
  readonly #directory: string;
  readonly #channelId: string;
  readonly #client: Signer;
  readonly #running: Promise<void>;

  private constructor(
    directory: string,
    { channelId, client, names }: { channelId: string; client: Signer; names: readonly string[] },
  ) {
    this.#directory = directory;
    this.#channelId = channelId;
    this.#client = client;
    this.#running = this.#run(names);
    // What goes wrong is met at the end.
    this.#running.catch(() => undefined);
  }

  /** Sends to the orderers of these names in turn. */
  static async start(directory: string, names: readonly string[]): Promise<OrdererLoad> {
    const { layout, topology } = await DevelopmentNetwork.open(directory);
    const [organization] = topology.organizations;
    const msp = join(layout.user(organization!.domain, "User1"), "msp");
    const client = await readSigner(msp, organization!.mspId);
    return new OrdererLoad(directory, { channelId: topology.channelId, client, names });
  }

  /** Longest silence between acknowledgements since the last call, the one that lasts included. */
  takeLongestMs(): number {
    const longest = Math.max(this.#longestMs, performance.now() - this.#lastMs);
    this.#longestMs = 0;
    return longest;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** One transaction to one orderer. */
  async send(name: string): Promise<BroadcastResponse & { readonly id: string }> {
    const { transactionId: id, envelope } = await this.#transaction();
    const channel = await this.#dial(name);
    const stream = channel.stream(broadcast);
    try {
      await stream.send(envelope);
      for await (const response of stream.responses) return { ...response, id };
      throw new Error(`${name} ended the stream without an answer`);
    } finally {
      stream.cancel();
      channel.close();
    }
  }

  async #run(names: readonly string[]): Promise<void> {
    for (let index = 0; !this.#stopping.signal.aborted; index += 1) {
      // An orderer that is going away breaks the call: then nobody knows, and nothing was promised.
      const answer = await this.send(names[index % names.length]!).catch(() => undefined);
      if (answer?.status === Status.SUCCESS) {
        const nowMs = performance.now();
        this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
        this.#lastMs = nowMs;
        this.acknowledged.push(answer.id);
      }
      await delay(PAUSE_MS);
    }
  }

  async #dial(name: string): Promise<ReturnType<GrpcDialer["dial"]>> {
    const { layout, topology } = await DevelopmentNetwork.open(this.#directory);
    const site: OrdererSite = topology.orderers.find((each) => each.name === name)!;
    const root = await readFile(join(layout.orderer(site), "tls", "ca.crt"));
    return new GrpcDialer({}).dial({
      address: `127.0.0.1:${site.port}`,
      tls: { rootsPem: [root], serverName: site.name },
    });
  }

  #transaction(): Promise<BareTransaction> {
    const deps = { signer: this.#client, random: systemRandom };
    return bareTransaction(deps, this.#channelId, systemRandom.bytes(50));
  }
}

/** Ids of all transactions in the blocks of the network's first peer, each as often as it is there. */
export async function committedIds(directory: string): Promise<readonly string[]> {
  const network = await DevelopmentNetwork.open(directory);
  const { channelId, organizations } = network.topology;
  try {
    const client = await network.client(organizations[0]!, "User1");
    const ids: string[] = [];
    for await (const block of client.blocks({
      channelId,
      start: { type: { $case: "oldest", value: {} } },
      stop: { type: { $case: "newest", value: {} } },
    })) {
      for (const bytes of block.data?.data ?? []) ids.push(idOf(bytes));
    }
    return ids;
  } finally {
    network.close();
  }
}

function idOf(bytes: Uint8Array): string {
  const { header } = decode(Payload, decode(Envelope, bytes).payload);
  return decode(ChannelHeader, header!.channelHeader).txId;
}
