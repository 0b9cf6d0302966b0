import { beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../../src/kernel/ports/clock.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { MspCache } from "../../../src/msp/index.ts";
import { requireCurrentIdentity } from "../../../src/node/signing-identity.ts";
import {
  SAMPLE_NOW_MS,
  sampleMember,
  sampleOrganization,
  type SampleOrganization,
} from "../../support/sample-channel.ts";

let organization: SampleOrganization;

beforeAll(async () => {
  organization = await sampleOrganization("OrdererMSP", new SeededRandom(1));
});

/** What becomes of a start at `nowMs` with an identity that ends at `SAMPLE_NOW_MS`. */
async function startAt(nowMs: number): Promise<void> {
  const { authority, mspConfig: localMsp, mspId } = organization;
  const validity = { notBeforeMs: SAMPLE_NOW_MS - 60_000, notAfterMs: SAMPLE_NOW_MS };
  const { identity } = await sampleMember(authority, mspId, "orderer", validity);
  const clock: Clock = { wallMs: () => nowMs, monotonicMs: () => 0 };
  requireCurrentIdentity({ msps: new MspCache(), localMsp, clock }, identity);
}

describe("a node whose signing certificate", () => {
  test("is valid starts, to the last instant", async () => {
    await expect(startAt(SAMPLE_NOW_MS)).resolves.toBeUndefined();
  });

  test("has ended does not start, and says since when and what to do", async () => {
    await expect(startAt(SAMPLE_NOW_MS + 1)).rejects.toMatchObject({
      name: "ConfigError",
      message:
        "msp: the certificate of 'orderer.OrdererMSP' of OrdererMSP expired at 2026-01-01T00:00:00.000Z: enroll again and replace it",
    });
  });
});
