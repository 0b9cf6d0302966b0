import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import {
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  Status,
  create,
  encode,
  type Envelope,
} from "../../../../src/wire/index.ts";
import { Broadcast, type BroadcastOptions } from "../../../../cluster/ordering/index.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const CHANNEL = "ch1";
const FAILED_CHANNEL = "ch2";

function envelope(creator: string, isForged = false, channelId = CHANNEL): Envelope {
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.ENDORSER_TRANSACTION,
    channelId,
  });
  const header = {
    channelHeader: encode(ChannelHeader, channelHeader),
    signatureHeader: encode(SignatureHeader, { creator: utf8(creator), nonce: utf8("n") }),
  };
  const payload = encode(Payload, { header, data: utf8("d") });
  return { payload, signature: utf8(isForged ? "forged" : "good") };
}

/** Broadcast before a channel that orders everything at once, for clients named `<MSP id>/<name>`. */
class Rig {
  readonly time = new SimulatedTime();
  readonly signals: (AbortSignal | undefined)[] = [];
  validated = 0;
  readonly broadcast: Broadcast;

  constructor(options: BroadcastOptions = {}) {
    const unvalidatedIdentity = (creator: Uint8Array): unknown => {
      const id = new TextDecoder().decode(creator);
      return { ok: true, identity: { id, mspId: id.split("/")[0] } };
    };
    const channel = {
      config: { current: () => ({ mspManager: { unvalidatedIdentity } }) },
      configUpdates: undefined,
      validator: {
        validate: ({ signature }: Envelope): Promise<unknown> => {
          this.validated += 1;
          const isForged = new TextDecoder().decode(signature) === "forged";
          const refusal = { status: Status.FORBIDDEN, info: "forged" };
          return Promise.resolve(
            isForged ? { kind: "refused", refusal } : { kind: "valid", configSequence: 0 },
          );
        },
      },
      chain: {
        order: (_envelope: Envelope, _sequence: number, signal?: AbortSignal): Promise<unknown> => {
          this.signals.push(signal);
          return Promise.resolve({ kind: "ordered", blockNumber: 1 });
        },
      },
    };
    this.broadcast = new Broadcast(
      {
        channel: (channelId) => (channelId === CHANNEL ? (channel as never) : undefined),
        outage: (channelId) => (channelId === FAILED_CHANNEL ? "it has failed here" : undefined),
        clock: this.time,
        logger: silentLogger,
        meter: silentMeter,
      },
      options,
    );
  }

  async statuses(...envelopes: readonly Envelope[]): Promise<readonly Status[]> {
    const responses = await Promise.all(envelopes.map((each) => this.broadcast.process(each)));
    return responses.map(({ status }) => status);
  }
}

const { SUCCESS, SERVICE_UNAVAILABLE, FORBIDDEN } = Status;
const ONE = { perSecond: 10, burst: 1 };

describe("a broadcast with rate limits", () => {
  test("answers what is too much at once, with the time after which to try again", async () => {
    const rig = new Rig({ rateLimits: { client: ONE } });
    const client = envelope("Org1MSP/a");
    expect(await rig.statuses(client)).toEqual([SUCCESS]);
    expect(await rig.broadcast.process(client)).toEqual({
      status: SERVICE_UNAVAILABLE,
      info: "too many transactions of this client: retry in 100 ms",
    });
    // The second cost no verification.
    expect(rig.validated).toBe(1);
    await rig.time.advance(100);
    expect(await rig.statuses(client)).toEqual([SUCCESS]);
  });

  test("counts the clients of an organisation together, and others not", async () => {
    const rig = new Rig({ rateLimits: { organization: ONE } });
    expect(await rig.statuses(envelope("Org1MSP/a"))).toEqual([SUCCESS]);
    const response = await rig.broadcast.process(envelope("Org1MSP/b"));
    expect(response.info).toBe("too many transactions of this organization: retry in 100 ms");
    expect(await rig.statuses(envelope("Org2MSP/c"))).toEqual([SUCCESS]);
  });

  test("lets nobody use up what is another's with forged signatures", async () => {
    const rig = new Rig({ rateLimits: { client: ONE } });
    const forged = envelope("Org1MSP/a", true);
    expect(await rig.statuses(forged, forged)).toEqual([FORBIDDEN, FORBIDDEN]);
    expect(await rig.statuses(envelope("Org1MSP/a"))).toEqual([SUCCESS]);
  });

  test("holds for envelopes that are verified side by side", async () => {
    const rig = new Rig({ rateLimits: { client: { perSecond: 1, burst: 2 } } });
    const client = envelope("Org1MSP/a");
    const statuses = await rig.statuses(client, client, client, client);
    expect(statuses.filter((status) => status === SUCCESS)).toHaveLength(2);
  });
});

test("a broadcast without limits orders whatever comes and says when the caller goes", async () => {
  const rig = new Rig();
  const clients = Array.from({ length: 100 }, () => envelope("Org1MSP/a"));
  expect(new Set(await rig.statuses(...clients))).toEqual(new Set([SUCCESS]));
  const { signal } = new AbortController();
  await rig.broadcast.process(envelope("Org1MSP/a"), signal);
  expect(rig.signals.at(-1)).toBe(signal);
});

test("a broadcast for a channel that failed here sends the client elsewhere, and one for no channel at all does not", async () => {
  const rig = new Rig();
  expect(await rig.broadcast.process(envelope("Org1MSP/a", false, FAILED_CHANNEL))).toEqual({
    status: SERVICE_UNAVAILABLE,
    info: "it has failed here",
  });
  expect(await rig.broadcast.process(envelope("Org1MSP/a", false, "ch3"))).toEqual({
    status: Status.BAD_REQUEST,
    info: "channel does not exist",
  });
});
