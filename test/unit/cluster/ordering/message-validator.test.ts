/** Fabric's filters as a whole: which of them answers first, with which status and in which words. */
import { beforeAll, describe, expect, test } from "vitest";
import type { ChannelConfig } from "../../../../src/channel/index.ts";
import type { Signer } from "../../../../src/kernel/ports/signer.ts";
import { Envelope, Status, decode } from "../../../../src/wire/index.ts";
import {
  MessageValidator,
  type MessageValidatorOptions,
} from "../../../../cluster/ordering/message-validator.ts";
import {
  SAMPLE_NOW_MS,
  inMaintenance,
  sampleChannel,
  sampleClock,
  sampleMember,
  type SampleChannel,
} from "../../../support/sample-channel.ts";
import { sampleTransaction } from "../../../support/sample-transactions.ts";

const { BAD_REQUEST, FORBIDDEN, SERVICE_UNAVAILABLE } = Status;
const SIZE_MAX = 5_000;
const WRITERS_REFUSED =
  "implicit policy evaluation failed - 0 sub-policies were satisfied, " +
  "but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied";
const EXPIRED = [BAD_REQUEST, "broadcast client identity expired"];

let sample: SampleChannel;
let expired: Signer;
let stranger: Signer;

beforeAll(async () => {
  const batchSize = { messageCountMax: 10, absoluteBytesMax: SIZE_MAX, preferredBytesMax: 1_000 };
  sample = await sampleChannel({ batchSize });
  const validity = { notBeforeMs: SAMPLE_NOW_MS - 60_000, notAfterMs: SAMPLE_NOW_MS - 1_000 };
  expired = await sampleMember(sample.org1.authority, "Org1MSP", "client", validity);
  stranger = (await sampleChannel({}, 8)).org1.client;
});

interface Case {
  readonly config?: ChannelConfig;
  readonly options?: MessageValidatorOptions;
}

/** The status and text that an envelope is refused with; "valid" otherwise. */
async function verdict(
  envelope: Envelope,
  { config = sample.config, options }: Case = {},
): Promise<unknown> {
  const current = (): ChannelConfig => config;
  const validator = new MessageValidator({ config: { current }, clock: sampleClock }, options);
  const validation = await validator.validate(envelope);
  if (validation.kind === "valid") return "valid";
  return [validation.refusal.status, validation.refusal.info];
}

async function of(creator: Signer, nonce = "n"): Promise<Envelope> {
  return decode(Envelope, await sampleTransaction({ creator, endorsers: [], nonce }));
}

function tooLarge(envelope: Envelope): Envelope {
  return { ...envelope, signature: new Uint8Array(SIZE_MAX) };
}

function unsigned(envelope: Envelope): Envelope {
  return { ...envelope, signature: envelope.signature.map((byte) => byte ^ 1) };
}

describe("an envelope", () => {
  test.each(["client", "admin"] as const)("of a writer passes: %s", async (role) => {
    expect(await verdict(await of(sample.org1[role]))).toBe("valid");
    expect(await verdict(await of(sample.org2[role]))).toBe("valid");
  });

  test("that is empty is refused as such, whatever else is wrong with it", async () => {
    const empty = { payload: new Uint8Array(0), signature: new Uint8Array(SIZE_MAX + 1) };
    expect(await verdict(empty)).toEqual([BAD_REQUEST, "Message was empty"]);
  });

  test("that is too large is refused for that, before anybody looks who sent it", async () => {
    for (const signer of [sample.org1.client, expired, stranger]) {
      const envelope = tooLarge(await of(signer));
      const size = envelope.payload.length + envelope.signature.length;
      const info = `message payload is ${size} bytes and exceeds maximum allowed ${SIZE_MAX} bytes`;
      expect(await verdict(envelope)).toEqual([BAD_REQUEST, info]);
    }
  });

  test("of an identity that has ended is refused for that, before its signature counts", async () => {
    expect(await verdict(await of(expired))).toEqual(EXPIRED);
    expect(await verdict(unsigned(await of(expired)))).toEqual(EXPIRED);
  });

  test("of an identity that has ended is taken where that is not asked", async () => {
    const options = { ignoresExpiration: true };
    expect(await verdict(await of(expired), { options })).toBe("valid");
    const spoiled = unsigned(await of(expired));
    expect(await verdict(spoiled, { options })).toEqual([FORBIDDEN, WRITERS_REFUSED]);
  });

  test("of a member that may not write, of nobody known, or with a spoiled signature is refused in one text", async () => {
    expect(await verdict(await of(sample.org1.peer))).toEqual([FORBIDDEN, WRITERS_REFUSED]);
    const spoiled = unsigned(await of(sample.org1.client));
    expect(await verdict(spoiled)).toEqual([FORBIDDEN, WRITERS_REFUSED]);
    expect(await verdict(await of(stranger))).toEqual([FORBIDDEN, WRITERS_REFUSED]);
  });
});

describe("in maintenance", () => {
  test("no normal message is taken, good or bad", async () => {
    const config = inMaintenance(sample);
    const refused = [SERVICE_UNAVAILABLE, "normal transactions are rejected: maintenance mode"];
    const empty = { payload: new Uint8Array(0), signature: new Uint8Array(0) };
    for (const envelope of [await of(sample.org1.client), await of(expired), empty]) {
      expect(await verdict(envelope, { config })).toEqual(refused);
    }
  });

  test("configuration updates are the orderers' alone", async () => {
    const config = inMaintenance(sample);
    const validator = new MessageValidator({
      config: { current: () => config },
      clock: sampleClock,
    });
    expect(await validator.filter(config, await of(sample.ordererOrg.admin))).toBeUndefined();
    expect(await validator.filter(config, await of(sample.org1.admin))).toEqual({
      status: FORBIDDEN,
      info: WRITERS_REFUSED,
    });
    expect(await validator.filter(sample.config, await of(sample.org1.admin))).toBeUndefined();
  });
});
