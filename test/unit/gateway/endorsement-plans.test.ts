import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChannelConfig } from "../../../src/channel/index.ts";
import type { PlanResult } from "../../../src/discovery/index.ts";
import { EndorsementPlans } from "../../../src/gateway/endorsement-plans.ts";
import type { Candidate } from "../../../src/gateway/core/candidates.ts";
import { INTEREST_REMEMBERED_BYTES_MAX } from "../../../src/gateway/limits.ts";
import { ChaincodeInterest, create } from "../../../src/wire/index.ts";
import { createMaterial, definition, FakeLedger, type Material } from "./gateway-world.ts";

let material: Material;
let ledger: FakeLedger;
let plans: EndorsementPlans;

beforeAll(async () => {
  material = await createMaterial();
});

beforeEach(() => {
  ledger = new FakeLedger();
  ledger.define("basic", definition("AND('Org1MSP.peer', 'Org2MSP.peer')"));
  plans = new EndorsementPlans(ledger);
});

function candidates(change: (each: Candidate) => Candidate = (each) => each): Candidate[] {
  return [...material.identities].map(([address, identity]) =>
    change({
      mspId: address.slice(address.indexOf(".") + 1, address.indexOf(":")),
      address,
      identity,
      height: 5,
      chaincodes: [{ name: "basic", version: "1" }],
      isLocal: false,
    }),
  );
}

function interestIn(name: string): ChaincodeInterest {
  return create(ChaincodeInterest, { chaincodes: [{ name }] });
}

function plan(peers: readonly Candidate[] = candidates(), config = material.config): string {
  return addressesOf(plans.plan(config, interestIn("basic"), peers));
}

/** The groups of each layout by their peers' addresses, or why there is none. */
function addressesOf(result: PlanResult<Candidate>): string {
  if (!result.ok) return result.reason;
  return result.layouts
    .map((layout) =>
      layout
        .map(({ peers }) => peers.map(({ address }) => address.split(".MSP")[0]?.slice(0, 9)))
        .join(" & "),
    )
    .join(" | ");
}

const BOTH = "peer0.Org,peer1.Org & peer0.Org,peer1.Org";

describe("a plan", () => {
  test("is made once for equal peers, and has the peers that were passed", () => {
    expect(plan()).toBe(BOTH);
    const later = candidates((each) => ({ ...each, height: 6 }));
    const result = plans.plan(material.config, interestIn("basic"), later);
    expect(ledger.queryCount).toBe(1);
    const planned = result.ok ? result.layouts.flat().flatMap(({ peers }) => peers) : [];
    expect(planned).toHaveLength(4);
    expect(planned.every((peer) => later.includes(peer))).toBe(true);
  });

  test("keeps the order of the peers that were passed, whatever it was before", () => {
    plan();
    const reversed = candidates().reverse();
    expect(plan(reversed)).toBe("peer1.Org,peer0.Org & peer1.Org,peer0.Org");
    expect(ledger.queryCount).toBe(1);
  });

  test("is made anew after a definition was committed", () => {
    plan();
    ledger.define("basic", definition("OR('Org3MSP.peer')"), 2);
    const upgraded = candidates((each) => ({
      ...each,
      chaincodes: [{ name: "basic", version: "2" }],
    }));
    expect(plan(upgraded)).toBe("peer0.Org,peer1.Org");
    // With the peers as they were, too, of which none runs the new sequence.
    expect(plan()).toBe("required chaincodes are not installed on sufficient peers");
  });

  test("is made anew under another configuration", () => {
    plan();
    const config = ChannelConfig.parse(material.config.channelId, material.config.config);
    expect(plan(candidates(), config)).toBe(BOTH);
    expect(ledger.queryCount).toBe(2);
  });

  test("is made anew when a peer is gone, runs something else, or is somebody else", () => {
    plan();
    const all = candidates();
    const [first] = all;
    expect(plan(all.slice(1))).toBe("peer1.Org & peer0.Org,peer1.Org");
    const withoutIt = { ...first!, chaincodes: [] };
    expect(plan([withoutIt, ...all.slice(1)])).toBe("peer1.Org & peer0.Org,peer1.Org");
    const older = { ...first!, chaincodes: [{ name: "basic", version: "0" }] };
    expect(plan([older, ...all.slice(1)])).toBe("peer1.Org & peer0.Org,peer1.Org");
    const [, , , , other] = all;
    const another = { ...first!, identity: other!.identity };
    expect(plan([another, ...all.slice(1)])).toBe("peer1.Org & peer0.Org,peer1.Org");
    expect(plan()).toBe(BOTH);
  });

  test("is another for another interest", () => {
    plan();
    ledger.define("third", definition("OR('Org3MSP.peer')"));
    const peers = candidates((each) => ({
      ...each,
      chaincodes: [...each.chaincodes, { name: "third", version: "1" }],
    }));
    const result = plans.plan(material.config, interestIn("third"), peers);
    expect(addressesOf(result)).toBe("peer0.Org,peer1.Org");
  });

  test("is not remembered for an interest that is too long", () => {
    const name = "n".repeat(INTEREST_REMEMBERED_BYTES_MAX);
    for (let times = 0; times < 2; times += 1) {
      expect(plans.plan(material.config, interestIn(name), candidates()).ok).toBe(false);
    }
    expect(ledger.queryCount).toBe(2);
  });

  test("closes what it reads", () => {
    plan();
    expect(ledger.openReaders).toBe(0);
  });
});
