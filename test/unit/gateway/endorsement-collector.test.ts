import { describe, expect, test } from "vitest";
import type { Candidate } from "../../../src/gateway/core/candidates.ts";
import type { ReplyVerdict } from "../../../src/gateway/core/endorser-reply.ts";
import { EndorsementCollector } from "../../../src/gateway/endorsement-collector.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { ProposalResponse, create } from "../../../src/wire/index.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

const PATIENCE_MS = 3_000;

function peer(address: string): Candidate {
  return { address, mspId: "Org1MSP", isLocal: false, height: 1 } as Candidate;
}

function endorsedBy({ address }: Candidate): ReplyVerdict {
  const response = create(ProposalResponse, {
    payload: utf8("result"),
    endorsement: { endorser: utf8(address), signature: utf8("signed") },
  });
  return { ok: true, response };
}

/** Endorsers that answer after a time; `undefined`: never. */
class Endorsers {
  readonly time = new SimulatedTime();
  readonly asked: string[] = [];
  readonly #delaysMs: ReadonlyMap<string, number | undefined>;

  constructor(delaysMs: Readonly<Record<string, number | undefined>>) {
    this.#delaysMs = new Map(Object.entries(delaysMs));
  }

  async collect(
    groups: readonly (readonly string[])[],
    withinMs: number,
  ): Promise<readonly string[]> {
    const layout = groups.map((names) => ({ count: 1, peers: names.map(peer) }));
    const collector = new EndorsementCollector([layout], (each) => this.#propose(each), {
      timers: this.time,
      patienceMs: PATIENCE_MS,
    });
    let signers: readonly string[] = ["nobody in time"];
    void collector.collect().then((found) => {
      if (!found.ok) return;
      signers = found.endorsements.map(({ endorser }) => utf8Decode(endorser));
    });
    await this.time.advance(withinMs);
    return signers;
  }

  #propose(candidate: Candidate): Promise<ReplyVerdict> {
    this.asked.push(candidate.address);
    const delayMs = this.#delaysMs.get(candidate.address);
    return new Promise((resolve) => {
      if (delayMs === undefined) return;
      this.time.after(delayMs, () => {
        resolve(endorsedBy(candidate));
      });
    });
  }
}

describe("an endorser that is silent", () => {
  test("is joined by another after a while, and that one's signature is taken", async () => {
    const endorsers = new Endorsers({ a: undefined, b: 5, c: 5 });
    expect(await endorsers.collect([["a", "b"], ["c"]], PATIENCE_MS + 10)).toEqual(
      expect.arrayContaining(["b", "c"]),
    );
    expect(endorsers.asked).toEqual(["a", "c", "b"]);
  });

  test("is waited for when there is no other", async () => {
    const endorsers = new Endorsers({ a: 4 * PATIENCE_MS });
    expect(await endorsers.collect([["a"]], 5 * PATIENCE_MS)).toEqual(["a"]);
    expect(endorsers.asked).toEqual(["a"]);
  });

  test("counts if it answers before the other", async () => {
    const endorsers = new Endorsers({ a: PATIENCE_MS + 100, b: undefined });
    expect(await endorsers.collect([["a", "b"]], PATIENCE_MS + 200)).toEqual(["a"]);
  });

  test("leaves those alone who answer at once", async () => {
    const endorsers = new Endorsers({ a: 5, b: 5 });
    expect(await endorsers.collect([["a", "b"]], 10 * PATIENCE_MS)).toEqual(["a"]);
    expect(endorsers.asked).toEqual(["a"]);
  });
});
