/** Clients that broadcast without pause, try again elsewhere when they hear nothing, and remember what was acknowledged. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GrpcDialer } from "../../src/kernel/adapters/grpc-dialer.ts";
import { systemRandom } from "../../src/kernel/adapters/system-random.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcChannel, RpcStream } from "../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { readSigner } from "../../src/msp/adapters/msp-directory.ts";
import {
  bareTransaction,
  type BareTransaction,
} from "../../src/network/client/bare-transaction.ts";
import type { DevelopmentNetwork } from "../../src/network/development-network.ts";
import {
  AtomicBroadcastDefinition,
  Status,
  methodOf,
  type BroadcastResponse,
  type Envelope,
} from "../../src/wire/index.ts";
import { utf8 } from "../../src/kernel/bytes.ts";

/** An answer that has not come by then does not come: the client asks another orderer. */
const ANSWER_TIMEOUT_MS = 3_000;
const RETRY_PAUSE_MS = 50;
/** Of 100 envelopes that were acknowledged, so many are sent once more. */
const REPEATED_PERCENT = 5;
/** Attempts for one envelope before its client goes on to the next. */
const ATTEMPTS_MAX = 6;

interface Connection {
  readonly stream: RpcStream<Envelope, BroadcastResponse>;
  readonly responses: AsyncIterator<BroadcastResponse>;
}

/** What the clients saw so far. */
export class ClientRecord {
  readonly acknowledged: Set<string> = new Set();
  sentCount = 0;
  /** Attempts that ended with a refusal, a broken connection or no answer. */
  failedCount = 0;
  /** Envelopes sent once more than they had to be. */
  repeatedCount = 0;
  #lastAckMs = performance.now();
  /** Longest time between two acknowledgements. */
  longestGapMs = 0;

  /** The time until now is of no interest: nobody could have acknowledged anything. */
  forgetPause(): void {
    this.#lastAckMs = performance.now();
  }

  acknowledge(id: string): void {
    this.acknowledged.add(id);
    const nowMs = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastAckMs);
    this.#lastAckMs = nowMs;
  }
}

export class Clients {
  readonly seen: ClientRecord = new ClientRecord();
  readonly #signer: Signer;
  readonly #channelId: string;
  readonly #channels: readonly RpcChannel[];
  readonly #working: readonly Promise<void>[];
  #isOver = false;
  #draftCount = 0;

  private constructor(
    signer: Signer,
    channelId: string,
    channels: readonly RpcChannel[],
    options: { readonly count: number; readonly seed: number },
  ) {
    this.#signer = signer;
    this.#channelId = channelId;
    this.#channels = channels;
    this.#working = Array.from({ length: options.count }, (_, client) =>
      this.#work(new SeededRandom(options.seed * 1_000 + client)),
    );
  }

  static async start(
    { layout, topology }: DevelopmentNetwork,
    options: { readonly count: number; readonly seed: number },
  ): Promise<Clients> {
    const [organization] = topology.organizations;
    const [first] = topology.orderers;
    if (organization === undefined || first === undefined) throw new Error("the network is empty");
    const user = join(layout.user(organization.domain, "User1"), "msp");
    const signer = await readSigner(user, organization.mspId);
    const authority = `tlsca/tlsca.${first.domain}-cert.pem`;
    const root = await readFile(join(layout.ordererOrganization(first.domain), authority));
    const dialer = new GrpcDialer({ reconnectDelayMsMax: 200 });
    const channels = topology.orderers.map(({ name, port }) =>
      dialer.dial({
        address: `127.0.0.1:${port}`,
        tls: { rootsPem: [root], serverName: name },
      }),
    );
    return new Clients(signer, topology.channelId, channels, options);
  }

  /** Resolves when every client has its last answer. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#working);
    for (const channel of this.#channels) channel.close();
  }

  async #work(random: Random): Promise<void> {
    let place = random.below(this.#channels.length);
    let connection: Connection | undefined;
    while (!this.#isOver) {
      const draft = await this.#draft();
      let sendsLeft = random.below(100) < REPEATED_PERCENT ? 2 : 1;
      this.seen.repeatedCount += sendsLeft - 1;
      for (let attempt = 0; attempt < ATTEMPTS_MAX && sendsLeft > 0; attempt += 1) {
        connection ??= this.#connect(place);
        if (await this.#send(connection, draft)) {
          sendsLeft -= 1;
          continue;
        }
        connection.stream.cancel();
        connection = undefined;
        place = (place + 1 + random.below(this.#channels.length - 1)) % this.#channels.length;
        await delay(RETRY_PAUSE_MS);
      }
    }
    connection?.stream.cancel();
  }

  #connect(place: number): Connection {
    const channel = this.#channels[place];
    if (channel === undefined) throw new Error("there is no such orderer");
    const stream = channel.stream(methodOf(AtomicBroadcastDefinition, "broadcast"));
    return { stream, responses: stream.responses[Symbol.asyncIterator]() };
  }

  /** Whether it was acknowledged. Otherwise it may or may not come to be ordered. */
  async #send({ stream, responses }: Connection, draft: BareTransaction): Promise<boolean> {
    this.seen.sentCount += 1;
    const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const cancel = (): void => {
      stream.cancel();
    };
    deadline.addEventListener("abort", cancel, { once: true });
    try {
      await stream.send(draft.envelope);
      const answer = await responses.next();
      if (answer.done !== true && answer.value.status === Status.SUCCESS) {
        this.seen.acknowledge(draft.transactionId);
        return true;
      }
    } catch {
      // The orderer was killed, or has no leader: what became of the envelope is unknown.
    } finally {
      deadline.removeEventListener("abort", cancel);
    }
    this.seen.failedCount += 1;
    return false;
  }

  #draft(): Promise<BareTransaction> {
    this.#draftCount += 1;
    const deps = { signer: this.#signer, random: systemRandom };
    return bareTransaction(deps, this.#channelId, utf8(`envelope ${this.#draftCount}`));
  }
}
