import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Election } from "../../../../gossip/core/election.ts";
import { leadershipClaim } from "./claims.ts";

const TIMES = {
  electionGraceMs: 100,
  electionDurationMs: 30,
  declareIntervalMs: 20,
  declareExpirationMs: 60,
  yieldMs: 500,
};

function election(self = "b"): Election {
  return new Election(self, TIMES, 0);
}

/** A deliverer at 130 ms. */
function elected(self = "b"): Election {
  const one = election(self);
  one.tick(100, false);
  one.tick(130, false);
  return one;
}

describe("a peer", () => {
  test("that sees nobody delivers as soon as its grace is over", () => {
    const alone = election();
    expect(alone.tick(99, true)).toBeUndefined();
    expect(alone.tick(100, true)).toBe("declaration");
    expect(alone.isDeliverer).toBe(true);
  });

  test("that has others proposes itself, and declares when no smaller id spoke", () => {
    const one = election();
    expect(one.tick(100, false)).toBe("proposal");
    expect(one.hear(leadershipClaim("c", 1, false), 110)).toBeUndefined();
    expect(one.tick(129, false)).toBeUndefined();
    expect(one.tick(130, false)).toBe("declaration");
    expect(one.deliverer).toBe("b");
  });

  test("leaves it to a smaller id", () => {
    const one = election();
    one.tick(100, false);
    one.hear(leadershipClaim("a", 1, false), 110);
    expect(one.tick(130, false)).toBeUndefined();
    one.hear(leadershipClaim("a", 2, true), 140);
    expect(one.deliverer).toBe("a");
    expect(one.isDeliverer).toBe(false);
  });

  test("follows a deliverer that it hears of, whatever the id", () => {
    const one = election();
    one.hear(leadershipClaim("z", 1, true), 50);
    expect(one.tick(100, false)).toBeUndefined();
    expect(one.deliverer).toBe("z");
  });

  test("stands again when the deliverer has been silent for the expiration", () => {
    const one = election();
    one.hear(leadershipClaim("a", 1, true), 50);
    expect(one.tick(109, false)).toBeUndefined();
    expect(one.tick(110, false)).toBe("proposal");
  });

  test("stands at once when the deliverer is known to be dead", () => {
    const one = election();
    one.hear(leadershipClaim("a", 1, true), 50);
    expect(one.lost("c", 60, false)).toBeUndefined();
    expect(one.lost("a", 60, false)).toBe("proposal");
  });

  test("does not take an old declaration for life", () => {
    const one = election();
    one.hear(leadershipClaim("a", 5, true), 50);
    one.hear(leadershipClaim("a", 5, true), 105);
    one.hear(leadershipClaim("a", 4, true), 106);
    expect(one.tick(110, false)).toBe("proposal");
  });
});

describe("a deliverer", () => {
  test("declares once an interval", () => {
    const one = elected();
    expect(one.tick(149, false)).toBeUndefined();
    expect(one.tick(150, false)).toBe("declaration");
  });

  test("steps down before a smaller id and insists before a larger one", () => {
    const one = elected();
    expect(one.hear(leadershipClaim("c", 1, true), 140)).toBe("declaration");
    expect(one.isDeliverer).toBe(true);
    expect(one.hear(leadershipClaim("a", 1, true), 141)).toBeUndefined();
    expect(one.deliverer).toBe("a");
  });

  test("answers a proposal with a declaration, even a smaller id's", () => {
    expect(elected().hear(leadershipClaim("a", 1, false), 140)).toBe("declaration");
  });

  test("that yields stands again only after a while", () => {
    const one = elected();
    one.yield(200, false);
    expect(one.isDeliverer).toBe(false);
    expect(one.hear(leadershipClaim("c", 1, false), 210)).toBeUndefined();
    expect(one.tick(699, false)).toBeUndefined();
    expect(one.tick(700, false)).toBe("proposal");
  });

  test("that is alone does not yield", () => {
    const one = elected();
    one.yield(200, true);
    expect(one.isDeliverer).toBe(true);
  });
});

test.prop([fc.array(fc.nat(200), { minLength: 5, maxLength: 5 })])(
  "peers that hear each other agree on one deliverer, however their starts are spread",
  (starts) => {
    const ids = ["a", "b", "c", "d", "e"];
    const peers = ids.map((id, index) => new Election(id, TIMES, starts[index]!));
    let sequence = 0;
    for (let nowMs = 0; nowMs < 1_500; nowMs += 5) {
      peers.forEach((speaker, index) => {
        if (nowMs < starts[index]!) return;
        let notice = speaker.tick(nowMs, false);
        // An answer is heard by all, too: at most one a peer and message.
        const queue = notice === undefined ? [] : [{ index, notice }];
        while (queue.length > 0) {
          const said = queue.shift()!;
          sequence += 1;
          const claim = leadershipClaim(ids[said.index]!, sequence, said.notice === "declaration");
          peers.forEach((listener, other) => {
            if (other === said.index || nowMs < starts[other]!) return;
            notice = listener.hear(claim, nowMs);
            if (notice !== undefined) queue.push({ index: other, notice });
          });
        }
      });
    }
    expect(peers.filter((peer) => peer.isDeliverer)).toHaveLength(1);
    expect(new Set(peers.map((peer) => peer.deliverer)).size).toBe(1);
  },
);
