import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { Channel, DEFAULT_OPTIONS, type ChannelEvent } from "../../../../gossip/core/index.ts";
import { equalBytes, utf8 } from "../../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";
import { stateClaim } from "./claims.ts";

const PEERS = ["a", "b", "c"];
const facts = PEERS.map((peer) => ({
  peer,
  mspId: "Org1MSP",
  externalEndpoint: `${peer}:1`,
  rebuttals: 0,
}));

const arrival = fc.record({
  number: fc.integer({ min: 0, max: 12 }),
  from: fc.constantFrom(...PEERS),
  isForged: fc.boolean(),
  isPushed: fc.boolean(),
  afterMs: fc.nat(400),
});

function bytesOf(number: number, isForged: boolean, from: string): Uint8Array {
  return utf8(isForged ? `forged ${number} by ${from}` : `block ${number}`);
}

/** A channel whose driver judges by the text of a block, and that counts what it stores and hands on. */
class Judged {
  readonly stored: number[] = [];
  readonly forgeries: string[] = [];
  readonly #verified = new Set<number>();
  readonly #channel = new Channel(
    {
      random: new SeededRandom(1),
      self: { peer: "self", mspId: "Org1MSP" },
      directory: {
        alive: () => facts,
        isAlive: (peer) => PEERS.includes(peer),
        claimOf: (peer) => facts.find((fact) => fact.peer === peer),
      },
    },
    DEFAULT_OPTIONS,
    { mspIds: new Set(["Org1MSP"]), height: 0, chaincodes: [], incarnation: 1n },
    0,
  );

  step(event: ChannelEvent, nowMs: number): void {
    this.#channel.step(event, nowMs);
    for (const effect of this.#channel.takeEffects()) {
      if (effect.kind === "verify-block") {
        const { number, bytes } = effect;
        const isValid = equalBytes(bytes, bytesOf(number, false, ""));
        if (isValid) this.#verified.add(number);
        this.step({ kind: "block-verified", number, isValid }, nowMs);
      } else if (effect.kind === "store-block") {
        this.#look(effect.number, effect.bytes);
        this.stored.push(effect.number);
        this.step({ kind: "block-stored", number: effect.number, isStored: true }, nowMs);
      } else if (effect.kind === "send" && effect.message.kind === "block") {
        this.#look(effect.message.number, effect.message.bytes);
      }
    }
  }

  /** What is stored or passed on must have been found valid, in these bytes. */
  #look(number: number, bytes: Uint8Array): void {
    const isRight = this.#verified.has(number) && equalBytes(bytes, bytesOf(number, false, ""));
    if (!isRight) this.forgeries.push(`block ${number}`);
  }
}

test.prop([fc.array(arrival, { maxLength: 60 })])(
  "no block is stored or passed on that was not verified, and each is stored once, in order",
  (arrivals) => {
    const judged = new Judged();
    let nowMs = 0;
    for (const peer of PEERS) {
      const claim = stateClaim(peer, 1, { height: 13 });
      judged.step({ kind: "state-claim", claim, from: peer }, nowMs);
    }
    for (const { number, from, isForged, isPushed, afterMs } of arrivals) {
      nowMs += afterMs;
      const block = { number, bytes: bytesOf(number, isForged, from) };
      if (isPushed) judged.step({ kind: "block", from, ...block }, nowMs);
      else judged.step({ kind: "block-update", from, nonce: "1", blocks: [block] }, nowMs);
      judged.step({ kind: "tick" }, nowMs);
    }
    expect(judged.forgeries).toEqual([]);
    expect(judged.stored).toEqual(judged.stored.map((_, index) => index));
  },
);

test("a true block comes through though forged ones came first", () => {
  const judged = new Judged();
  judged.step({ kind: "block", from: "a", number: 0, bytes: bytesOf(0, true, "a") }, 0);
  judged.step({ kind: "block", from: "b", number: 0, bytes: bytesOf(0, false, "b") }, 0);
  expect(judged.stored).toEqual([0]);
});
