import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { nextOrderer, nextPeer } from "../../../src/network/next-site.ts";
import {
  ORDERER_COUNT_MAX,
  PEER_COUNT_PER_ORGANIZATION_MAX,
  planTopology,
  PORT_OFFSET_MAX,
  portsOf,
  type AddedPeer,
} from "../../../src/network/topology.ts";

describe("the port plan", () => {
  test("has the names and ports that Fabric's users know", () => {
    const topology = planTopology({ ordererCount: 3, peerCountPerOrganization: 2, portOffset: 0 });
    expect(topology.orderers.map(({ name, port }) => [name, port])).toEqual([
      ["orderer.example.com", 7050],
      ["orderer2.example.com", 8050],
      ["orderer3.example.com", 9050],
    ]);
    const peers = topology.organizations.flatMap((organization) => organization.peers);
    expect(peers.map(({ name, port, chaincodePort }) => [name, port, chaincodePort])).toEqual([
      ["peer0.org1.example.com", 7051, 7052],
      ["peer1.org1.example.com", 8051, 8052],
      ["peer0.org2.example.com", 9051, 9052],
      ["peer1.org2.example.com", 10051, 10052],
    ]);
    expect(topology.organizations.map(({ mspId }) => mspId)).toEqual(["Org1MSP", "Org2MSP"]);
  });

  test("keeps org2's first peer at its usual port when organisations have one peer", () => {
    const topology = planTopology({ ordererCount: 1, peerCountPerOrganization: 1, portOffset: 0 });
    expect(topology.organizations[1]?.peers[0]?.port).toBe(9051);
  });

  property.prop([
    fc.integer({ min: 1, max: ORDERER_COUNT_MAX }),
    fc.integer({ min: 1, max: PEER_COUNT_PER_ORGANIZATION_MAX }),
    fc.integer({ min: 0, max: PORT_OFFSET_MAX }),
  ])(
    "gives no port twice and none that does not exist",
    (ordererCount, peerCountPerOrganization, portOffset) => {
      const ports = portsOf(planTopology({ ordererCount, peerCountPerOrganization, portOffset }));
      expect(new Set(ports.map(({ port }) => port)).size).toBe(ports.length);
      for (const { port } of ports) expect(port).toBeLessThan(65_536);
    },
  );
});

describe("a peer that is added", () => {
  const options = { ordererCount: 3, peerCountPerOrganization: 2, portOffset: 0 };

  test("has the next name and ports of its own, and keeps them", () => {
    const topology = planTopology(options);
    const added = nextPeer(topology, topology.organizations[0]!)!;
    expect(added).toEqual({
      name: "peer2.org1.example.com",
      organization: "org1",
      port: 11_051,
      chaincodePort: 11_052,
      operationsPort: expect.any(Number) as number,
    });
    const extended = planTopology({ ...options, addedPeers: [added] });
    const { name, port } = added;
    expect(extended.organizations[0]?.peers.at(-1)).toMatchObject({ name, port, mspId: "Org1MSP" });
    expect(extended.organizations[1]).toEqual(topology.organizations[1]);
  });

  test("leaves the others where they are when one goes", () => {
    const removedPeers = ["peer0.org1.example.com"];
    const { organizations } = planTopology({ ...options, removedPeers });
    expect(organizations[0]?.peers.map(({ name, port }) => [name, port])).toEqual([
      ["peer1.org1.example.com", 8051],
    ]);
    expect(nextPeer(planTopology(options), organizations[0]!)?.name).toBe("peer2.org1.example.com");
  });

  property.prop([fc.integer({ min: 0, max: PORT_OFFSET_MAX }), fc.integer({ min: 1, max: 20 })])(
    "shares no port with another, as long as there are any",
    (portOffset, count) => {
      let grown = { ...options, portOffset, addedPeers: [] as readonly AddedPeer[] };
      for (let index = 0; index < count; index += 1) {
        const topology = planTopology(grown);
        const added = nextPeer(topology, topology.organizations[index % 2]!);
        if (added === undefined) break;
        grown = { ...grown, addedPeers: [...grown.addedPeers, added] };
      }
      const ports = portsOf(planTopology(grown)).map(({ port }) => port);
      expect(new Set(ports).size).toBe(ports.length);
      expect(Math.max(...ports)).toBeLessThan(65_536);
    },
  );
});

describe("an orderer that is added", () => {
  const options = { ordererCount: 3, peerCountPerOrganization: 2, portOffset: 0 };

  test("has the next name and ports that no node has, and keeps them", () => {
    const added = nextOrderer(planTopology(options))!;
    expect(added.name).toBe("orderer4.example.com");
    const extended = planTopology({ ...options, addedOrderers: [added] });
    expect(extended.orderers.at(-1)).toMatchObject({ ...added, mspId: "OrdererMSP" });
    const ports = portsOf(extended).map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
    const peer = nextPeer(extended, extended.organizations[0]!)!;
    expect(ports).not.toContain(peer.port);
    expect(nextOrderer(extended)!.name).toBe("orderer5.example.com");
  });

  test("has other ports where programs beside the network hold some", () => {
    const topology = planTopology(options);
    const first = nextOrderer(topology)!;
    const other = nextOrderer(topology, undefined, new Set([first.port, first.operationsPort]))!;
    expect(other.name).toBe(first.name);
    expect(other.port).toBe(first.port + 1_000);
    expect(other.operationsPort).toBe(first.operationsPort + 1);
  });

  test("may have the name of one that was removed, at other ports", () => {
    const removedOrderers = ["orderer2.example.com"];
    const without = planTopology({ ...options, removedOrderers });
    expect(without.orderers.map(({ name }) => name)).toEqual([
      "orderer.example.com",
      "orderer3.example.com",
    ]);
    const again = nextOrderer(without, "orderer2.example.com")!;
    const { orderers } = planTopology({ ...options, removedOrderers, addedOrderers: [again] });
    expect(orderers.map(({ name }) => name)).toContain("orderer2.example.com");
    expect(again.port).not.toBe(8050);
  });

  test("is refused where there are no ports left", () => {
    const topology = planTopology({ ...options, portOffset: PORT_OFFSET_MAX });
    const [orderer] = topology.orderers;
    const orderers = [{ ...orderer!, port: 65_000 }];
    expect(nextOrderer({ ...topology, orderers })).toBeUndefined();
  });
});
