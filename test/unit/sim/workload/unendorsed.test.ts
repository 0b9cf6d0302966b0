import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { unendorsed } from "../../../../src/sim/workload/unendorsed.ts";
import {
  ChaincodeActionPayload,
  Envelope,
  Payload,
  Transaction,
  decode,
  type Endorsement,
} from "../../../../src/wire/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import type { Signer } from "../../../../src/kernel/ports/signer.ts";
import { sampleTransaction } from "../../../support/sample-transactions.ts";

function endorsementsOf({ payload }: Envelope): readonly Endorsement[] {
  const transaction = decode(Transaction, decode(Payload, payload).data);
  const action = decode(ChaincodeActionPayload, transaction.actions[0]!.payload);
  return action.action!.endorsements;
}

function signer(name: string): Signer {
  const sign = (): Promise<Uint8Array> => Promise.resolve(utf8(`signed by ${name}`));
  return { mspId: `${name}MSP`, identity: utf8(name), sign };
}

describe("a transaction whose endorsements are spoiled", () => {
  test("never has all that it had, and asks for the same", async () => {
    const endorsers = [signer("Org1"), signer("Org2")];
    const recipe = { creator: signer("client"), endorsers, nonce: "1" };
    const whole = decode(Envelope, await sampleTransaction(recipe));
    const before = endorsementsOf(whole);
    const random = new SeededRandom(3);
    const seen = new Set<number>();
    for (let count = 0; count < 40; count += 1) {
      const spoiled = unendorsed(whole, random);
      const after = endorsementsOf(spoiled);
      seen.add(after.length);
      expect(after).not.toEqual(before);
      expect(decode(Payload, spoiled.payload).header).toEqual(
        decode(Payload, whole.payload).header,
      );
      expect(spoiled.signature).toHaveLength(0);
    }
    expect(before).toHaveLength(2);
    expect(seen).toEqual(new Set([0, 1, 2]));
  });
});
