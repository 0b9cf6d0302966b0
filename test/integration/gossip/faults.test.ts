/** Peers with the times that they run with, among peers that lie and on networks that break. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { TcpProxy, type ProxyState } from "../../support/tcp-proxy.ts";
import { changedBit, nothing, olderBlock, silence, type Lie } from "./lies.ts";
import { TestOrganization, genuineBlock } from "./material.ts";
import { CHANNEL, startPeer, type TestPeer } from "./peers.ts";

// The product's own times; what is waited for is recovery, so the bounds leave room for a busy machine.
const timing = {};
const RECOVERED = { timeout: 100_000, interval: 20 };

let organization: TestOrganization;
let peers: TestPeer[] = [];
let closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  organization = await TestOrganization.create("Org1MSP");
});

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await Promise.all(closers.map((close) => close()));
  peers = [];
  closers = [];
});

async function start(name: string, changes: Parameters<typeof startPeer>[3]): Promise<TestPeer> {
  const bootstrap = peers.slice(0, 2).map(({ address }) => address);
  const network = { organizations: [organization], bootstrap, anchors: [] };
  const peer = await startPeer(name, organization, network, { timing, ...changes });
  peers.push(peer);
  return peer;
}

const membersSeen = (): readonly number[] =>
  peers.map(({ gossip }) => gossip.members(CHANNEL).length);

async function untilAllKnown(): Promise<void> {
  await expect.poll(membersSeen, RECOVERED).toEqual(peers.map(() => peers.length));
}

function deliverBlocks(peer: TestPeer, count: number): void {
  for (let index = 0; index < count; index += 1) peer.deliver(genuineBlock(peer.blocks.length));
}

async function untilLevel(lagging: readonly TestPeer[], source: TestPeer): Promise<number> {
  const startMs = performance.now();
  await expect
    .poll(() => lagging.map(({ blocks }) => blocks.length), RECOVERED)
    .toEqual(lagging.map(() => source.blocks.length));
  for (const { blocks } of lagging) expect(blocks).toEqual(source.blocks);
  return performance.now() - startMs;
}

describe("a peer that claims a great height and", () => {
  const lies: readonly (readonly [string, Lie])[] = [
    ["serves blocks of its own making", (number) => utf8(`forged block ${number}`)],
    ["serves other blocks than those asked for", olderBlock],
    ["changes a bit", changedBit],
    ["serves nothing", nothing],
    ["never answers", silence],
    [
      "serves a block of every other number",
      (number) => (number % 2 === 0 ? genuineBlock(number) : utf8("forged")),
    ],
  ];

  test.each(lies)("%s neither stalls nor fools a peer that lags behind", async (_name, lie) => {
    const honest = await start("honest", {});
    deliverBlocks(honest, 50);
    let liesTold = 0;
    const block = async (_channelId: string, number: number): Promise<Uint8Array | undefined> => {
      liesTold += 1;
      return lie(number, genuineBlock);
    };
    await start("liar", { ports: { ledger: { height: () => 1_000, block } } });
    const lagging = await start("lagging", {});
    await untilLevel([lagging], honest);
    await expect.poll(() => liesTold, RECOVERED).toBeGreaterThan(0);
    deliverBlocks(honest, 10);
    await untilLevel([lagging], honest);
  });
});

/** Four peers; what one sends another goes over a wire of the two. */
class Wires {
  readonly #wires: { readonly from: number; readonly to: number; readonly wire: TcpProxy }[] = [];

  async startPeers(): Promise<void> {
    for (let index = 0; index < 4; index += 1) {
      for (let other = 0; other < index; other += 1) await this.#lay(index, other);
      await start(`p${index}`, { hostAddresses: { localhost: `127.77.${index + 1}.1` } });
      for (let other = 0; other < index; other += 1) await this.#lay(other, index);
    }
  }

  /** Between the first two peers and the others. */
  set(state: ProxyState): void {
    for (const { from, to, wire } of this.#wires) {
      if (from < 2 !== to < 2) wire.set(state);
    }
  }

  async #lay(from: number, to: number): Promise<void> {
    const port = Number(peers[to]!.address.split(":")[1]);
    const host = `127.77.${from + 1}.1`;
    const wire = await TcpProxy.listen({ host, port }, { host: "127.0.0.1", port });
    closers.push(() => wire.close());
    this.#wires.push({ from, to, wire });
  }
}

describe("peers that a broken network has parted", () => {
  test.each(["silent", "refused"] as const)(
    "hold each other for dead, and are level soon after it is mended (%s)",
    async (state) => {
      const wires = new Wires();
      await wires.startPeers();
      await untilAllKnown();
      wires.set(state);
      await expect.poll(membersSeen, RECOVERED).toEqual([2, 2, 2, 2]);
      deliverBlocks(peers[0]!, 100);
      await untilLevel([peers[1]!], peers[0]!);
      expect(peers[2]!.blocks).toHaveLength(1);
      wires.set("open");
      const levelMs = await untilLevel(peers.slice(2), peers[0]!);
      // Measured on a busy machine: 0.6 s.
      expect(levelMs).toBeLessThan(5_000);
      await untilAllKnown();
    },
    90_000,
  );
});

describe("the orderers", () => {
  const delivererOf = (): TestPeer | undefined => {
    const deliverers = peers.filter(({ gossip }) => gossip.isDeliverer(CHANNEL));
    return deliverers.length === 1 ? deliverers[0] : undefined;
  };

  async function electedOtherThan(before: TestPeer | undefined): Promise<void> {
    await expect
      .poll(() => delivererOf() !== undefined && delivererOf() !== before, {
        ...RECOVERED,
      })
      .toBe(true);
  }

  test("are followed by another peer when the deliverer is gone or cut off from them", async () => {
    for (const name of ["p0", "p1", "p2"]) await start(name, {});
    await untilAllKnown();
    await electedOtherThan(undefined);
    const first = delivererOf()!;
    first.gossip.reportOrdererTrouble(CHANNEL);
    await electedOtherThan(first);
    const second = delivererOf()!;
    deliverBlocks(second, 20);
    await untilLevel(peers, second);
    await second.close();
    peers = peers.filter((peer) => peer !== second);
    await electedOtherThan(second);
  }, 120_000);
});
