import { serving } from "../../../support/deliver-dialer.ts";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { ChannelRegistrar, JoinResult } from "../../../../cluster/participation/index.ts";
import {
  ChannelConfig,
  buildGenesisBlock,
  configOfBlock,
  type ChannelProfile,
} from "../../../../src/channel/index.ts";
import { systemRandom } from "../../../../src/kernel/adapters/system-random.ts";
import type { Block } from "../../../../src/wire/index.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import {
  ADDRESSES,
  CONFIG_BLOCK,
  DATA,
  RegistrarWorld,
  chainOf,
  configWithConsenter,
  sampleAndStranger,
} from "./world.ts";

let sample: SampleChannel;
let stranger: Uint8Array;
let chain: readonly Block[];

beforeAll(async () => {
  ({ sample, stranger } = await sampleAndStranger());
  chain = await chainOf(sample);
});

function follower(seed = 1): RegistrarWorld {
  const world = RegistrarWorld.make(sample, stranger, { isConsenter: false, seed });
  world.serve(chain);
  return world;
}

function consenter(seed = 1): RegistrarWorld {
  return RegistrarWorld.make(sample, stranger, { isConsenter: true, seed });
}

/** Of a channel that this node orders alone, or with others that never answer. */
function genesisOf(channelId: string, ...others: ChannelProfile["consenters"]): Block {
  const certificates = { clientTlsCertPem: stranger, serverTlsCertPem: stranger };
  const consenters = [{ host: "orderer9.example.com", port: 7050, ...certificates }, ...others];
  return buildGenesisBlock({ ...sample.profile, channelId, consenters });
}

function isLevel(registrar: ChannelRegistrar): boolean {
  const info = registrar.info(CHANNEL_ID);
  return info?.status === "active" && info.height === chain.length;
}

describe("joining", () => {
  test("a consenter orders at once with the genesis block, and goes on after a restart", async () => {
    const world = consenter();
    const registrar = await world.open();
    const joined = await registrar.join(sample.genesis);
    expect(joined).toEqual({
      kind: "joined",
      info: { name: CHANNEL_ID, consensusRelation: "consenter", status: "active", height: 1 },
    });
    expect(registrar.orderer(CHANNEL_ID)).toBeDefined();
    await registrar.close();
    const again = await world.open();
    expect(again.list()).toEqual([{ ...(joined as { info: object }).info }]);
    expect(await world.files.list(`${DATA}/pendingops/join`)).toEqual([]);
    await again.close();
  });

  // Opening writes and flushes the newest blocks.
  test.each([
    ["consenter", consenter],
    ["follower", follower],
  ] as const)("a %s opens its block file once at a start", async (_, make) => {
    const world = make();
    world.serve(chain);
    const registrar = await world.open();
    await registrar.join(sample.genesis);
    await registrar.close();
    const opens = vi.spyOn(world.files, "open");
    const again = await world.open();
    const paths = opens.mock.calls.map(([path]) => path);
    expect(paths.filter((path) => path.endsWith("/blocks-000000.heddle"))).toHaveLength(1);
    await again.close();
  });

  test("a node that is no consenter follows from the genesis block", async () => {
    const world = follower();
    const registrar = await world.open();
    const joined = await registrar.join(sample.genesis);
    expect(joined).toMatchObject({
      kind: "joined",
      info: { consensusRelation: "follower", status: "active", height: 1 },
    });
    expect(registrar.orderer(CHANNEL_ID)).toBeUndefined();
    await world.until(() => isLevel(registrar));
    await registrar.close();
  });

  test("with a later block it is onboarding until it has that block, and follows on", async () => {
    const world = follower();
    const registrar = await world.open();
    const joined = await registrar.join(chain[CONFIG_BLOCK]!);
    expect(joined).toMatchObject({
      info: { consensusRelation: "follower", status: "onboarding", height: 0 },
    });
    await world.until(() => isLevel(registrar));
    expect(await world.files.list(`${DATA}/pendingops/join`)).toEqual([]);
    await registrar.close();
  });

  test("blocks of a chain that does not lead to the join block are dropped and pulled elsewhere", async () => {
    const lies = await chainOf(await sampleChannel({}, 99));
    const world = follower();
    world.dialer.scripts.set(ADDRESSES[0], serving(lies));
    const registrar = await world.open();
    await registrar.join(chain[CONFIG_BLOCK]!);
    await world.until(() => world.dialer.asked.includes(ADDRESSES[0]) || isLevel(registrar));
    await world.until(() => isLevel(registrar));
    await registrar.close();
  });

  test("an orderer alone with a wrong chain never makes the channel active", async () => {
    const world = follower();
    world.serve(await chainOf(await sampleChannel({}, 99)));
    const registrar = await world.open();
    await registrar.join(chain[CONFIG_BLOCK]!);
    await world.until(() => world.dialer.asked.length > 6);
    expect(registrar.info(CHANNEL_ID)).toMatchObject({ status: "onboarding" });
    expect(registrar.info(CHANNEL_ID)!.height).toBeLessThanOrEqual(CONFIG_BLOCK);
    await registrar.close();
  });

  test("a channel is joined once, and no more channels than are allowed", async () => {
    const world = follower();
    const registrar = await world.open({ channelsMax: 1 });
    await registrar.join(sample.genesis);
    expect(await registrar.join(sample.genesis)).toEqual({ kind: "exists" });
    await registrar.close();
    const full = await follower(2).open({ channelsMax: 0 });
    expect(await full.join(sample.genesis)).toMatchObject({ kind: "refused" });
    expect(full.list()).toEqual([]);
  });

  test("a listed channel is joined at the start, and not again once it was removed", async () => {
    const world = consenter();
    const listed = { genesisBlocks: [sample.genesis] };
    const first = await world.open(listed);
    expect(first.orderer(CHANNEL_ID)).toBeDefined();
    expect(await first.remove(CHANNEL_ID)).toEqual({ kind: "removed" });
    await first.close();
    const second = await world.open(listed);
    expect(second.list()).toEqual([]);
    expect(await second.join(sample.genesis)).toMatchObject({ kind: "joined" });
    await second.close();
    const third = await world.open(listed);
    expect(third.orderer(CHANNEL_ID)).toBeDefined();
    await third.close();
  });

  test("a channel whose blocks are damaged has failed, and the others go on", async () => {
    const world = follower();
    const registrar = await world.open();
    await registrar.join(sample.genesis);
    await world.until(() => isLevel(registrar));
    await registrar.close();
    await world.files.makeDirectory(`${DATA}/channels/other/blocks`);
    const [file] = await world.files.list(`${DATA}/channels/${CHANNEL_ID}/blocks`);
    const junk = await world.files.open(`${DATA}/channels/other/blocks/${file!}`, { create: true });
    await junk.writeAt(0, new Uint8Array(4_096).fill(0xa5));
    await junk.sync();
    const again = await world.open();
    expect(again.info("other")).toMatchObject({ status: "failed" });
    expect(again.failures().map(({ channelId }) => channelId)).toEqual(["other"]);
    expect(again.outage("other")).toBe("the channel has failed at this orderer; see its log");
    expect([again.outage(CHANNEL_ID), again.outage("none")]).toEqual([undefined, undefined]);
    await world.until(() => isLevel(again));
    expect(await again.remove("other")).toEqual({ kind: "removed" });
    expect(await world.files.list(`${DATA}/channels`)).toEqual([CHANNEL_ID]);
    await again.close();
  });
});

describe("a channel whose disk fails to flush while it orders", () => {
  async function ordered(
    world: RegistrarWorld,
    registrar: ChannelRegistrar,
    channelId: string,
  ): Promise<string> {
    const envelope = { payload: systemRandom.bytes(20), signature: systemRandom.bytes(8) };
    let kind: string | undefined;
    void registrar
      .orderer(channelId)!
      .chain.order(envelope, 0)
      .then((result) => (kind = result.kind));
    await world.until(() => kind !== undefined);
    return kind!;
  }

  test("has failed and says so; the node and its other channels go on, and a restart mends it", async () => {
    const world = follower();
    const registrar = await world.open({ genesisBlocks: [genesisOf("one"), genesisOf("two")] });
    for (const channelId of ["one", "two"]) {
      expect(await ordered(world, registrar, channelId)).toBe("ordered");
    }
    world.files.faults.fail("sync", 1, "EIO");
    expect(await ordered(world, registrar, "one")).toBe("unavailable");
    expect(registrar.info("one")).toMatchObject({
      status: "failed",
      complaint: expect.stringMatching(
        /channels\/one\/raft failed: .*EIO.*start this channel again/,
      ) as string,
    });
    expect(registrar.info("two")).toMatchObject({ status: "active" });
    expect(registrar.orderer("one")!.replica.leadership.role).toBe("follower");
    for (let count = 0; count < 3; count += 1) {
      expect(await ordered(world, registrar, "two")).toBe("ordered");
    }
    await registrar.close();
    world.files.powerLoss();
    const again = await world.open();
    await world.until(() => again.list().every(({ status }) => status === "active"));
    expect([again.info("one")!.height, again.info("two")!.height]).toEqual([2, 5]);
    for (const channelId of ["one", "two"]) {
      expect(await ordered(world, again, channelId)).toBe("ordered");
    }
    await again.close();
  });
});

test("a channel without a leader is complained of once that is no election any more", async () => {
  const world = follower();
  const silent = sample.config.orderer.consenters[0]!;
  const genesisBlocks = [genesisOf("alone"), genesisOf("split", silent)];
  const registrar = await world.open({ genesisBlocks });
  await world.time.advance(9_000);
  expect(registrar.complaints()).toEqual([]);
  await world.time.advance(2_000);
  expect(registrar.complaints()).toEqual([
    "split: the channel has no leader: nothing is ordered until a majority of its orderers run and reach each other",
  ]);
  expect(registrar.info("split")).toMatchObject({ status: "active" });
  await registrar.close();
});

describe("a change of the consenters", () => {
  test("makes a consenter of the follower that it names", async () => {
    const world = follower();
    world.serve(await chainOf(sample, configWithConsenter(sample, stranger)));
    const registrar = await world.open();
    expect(await registrar.join(sample.genesis)).toMatchObject({
      info: { consensusRelation: "follower" },
    });
    await world.until(() => registrar.orderer(CHANNEL_ID) !== undefined);
    const info = registrar.info(CHANNEL_ID)!;
    expect(info).toMatchObject({ consensusRelation: "consenter", status: "active" });
    expect(info.height).toBeGreaterThan(CONFIG_BLOCK);
    await registrar.close();
  });

  test("that was undone before it was looked at leaves the node a follower, which follows on", async () => {
    const world = follower();
    const done = configWithConsenter(sample, stranger);
    const undone = await chainOf(sample, done, configOfBlock(sample.genesis));
    const registrar = await world.open();
    await registrar.join(sample.genesis);
    // Nothing can be written until both changes, and no later block, are on their way to the disk.
    world.files.capacityBytes = 0;
    world.serve(undone.slice(0, CONFIG_BLOCK + 2));
    await world.until(() => world.dialer.requests.some(({ first }) => first === CONFIG_BLOCK + 2));
    expect(registrar.info(CHANNEL_ID)).toMatchObject({ consensusRelation: "follower", height: 1 });
    world.serve(undone);
    world.files.capacityBytes = Number.MAX_SAFE_INTEGER;
    await world.until(() => isLevel(registrar));
    expect(registrar.info(CHANNEL_ID)).toMatchObject({ consensusRelation: "follower" });
    expect(registrar.orderer(CHANNEL_ID)).toBeUndefined();
    await registrar.close();
  });

  test("makes a follower of the consenter that it no longer names, once its time in the group is over", async () => {
    const world = consenter();
    const evicting = await chainOf(sample, configWithConsenter(sample, stranger));
    const registrar = await world.open();
    await registrar.join(sample.genesis);
    const orderer = registrar.orderer(CHANNEL_ID)!;
    for (const block of evicting.slice(1, CONFIG_BLOCK + 1)) await orderer.blocks.append(block);
    orderer.config.replace(ChannelConfig.fromBlock(evicting[CONFIG_BLOCK]!));
    expect(registrar.info(CHANNEL_ID)).toMatchObject({ consensusRelation: "consenter" });
    world.serve(evicting);
    await world.until(() => isLevel(registrar));
    expect(registrar.info(CHANNEL_ID)).toMatchObject({ consensusRelation: "follower" });
    expect(registrar.orderer(CHANNEL_ID)).toBeUndefined();
    await registrar.close();
  });
});

describe("removing", () => {
  test("nothing is left, and the channel can be joined again", async () => {
    const world = follower();
    const registrar = await world.open();
    await registrar.join(chain[CONFIG_BLOCK]!);
    await world.until(() => isLevel(registrar));
    expect(await registrar.remove(CHANNEL_ID)).toEqual({ kind: "removed" });
    expect(await world.traces()).toEqual([]);
    expect(await registrar.remove(CHANNEL_ID)).toEqual({ kind: "unknown" });
    await registrar.join(chain[CONFIG_BLOCK]!);
    await world.until(() => isLevel(registrar));
    await registrar.close();
  });

  test("a removal that the disk refuses is reported, and can be tried again", async () => {
    const world = follower();
    const registrar = await world.open();
    await registrar.join(sample.genesis);
    await world.until(() => isLevel(registrar));
    world.files.faults.fail("remove", 2);
    expect(await registrar.remove(CHANNEL_ID)).toMatchObject({ kind: "failed" });
    expect(registrar.info(CHANNEL_ID)).toMatchObject({ status: "failed" });
    expect(await registrar.join(sample.genesis)).toEqual({ kind: "removal failed" });
    expect(await registrar.remove(CHANNEL_ID)).toEqual({ kind: "removed" });
    expect(await world.traces()).toEqual([]);
    await registrar.close();
  });
});

describe("a consenter that removed its channel and joins it again", () => {
  let genesis: Block;
  let ordered: readonly Block[];

  beforeAll(async () => {
    const [own] = sample.profile.consenters;
    const other = { ...own!, clientTlsCertPem: stranger, serverTlsCertPem: stranger };
    const consenters = [own!, { ...other, host: "orderer2.example.com" }];
    genesis = buildGenesisBlock({ ...sample.profile, consenters });
    ordered = await chainOf({ ...sample, genesis });
  });

  async function removed(world: RegistrarWorld): Promise<ChannelRegistrar> {
    const registrar = await world.open();
    expect(await registrar.join(genesis)).toMatchObject({ info: { status: "active" } });
    expect(await registrar.remove(CHANNEL_ID)).toEqual({ kind: "removed" });
    expect(await world.traces()).toEqual([]);
    return registrar;
  }

  function joined(world: RegistrarWorld, registrar: ChannelRegistrar): Promise<JoinResult> {
    const state = { isDone: false };
    const joining = registrar.join(genesis).finally(() => {
      state.isDone = true;
    });
    return world.until(() => state.isDone).then(() => joining);
  }

  test("stands by while its group goes on, says so, and keeps the blocks", async () => {
    const world = consenter();
    const registrar = await removed(world);
    world.dialer.scripts.set(ADDRESSES[1], serving(ordered));
    expect(await joined(world, registrar)).toMatchObject({
      kind: "joined",
      info: { consensusRelation: "consenter", status: "inactive" },
    });
    await world.until(() => registrar.info(CHANNEL_ID)?.height === ordered.length);
    const [complaint] = registrar.complaints();
    expect(complaint).toContain("remove it from the channel's consenters and add it again");
    await registrar.close();
    const again = await world.open();
    expect(again.info(CHANNEL_ID)).toMatchObject({ status: "inactive" });
    expect(again.complaints()).toEqual([complaint]);
    await again.close();
  });

  test("stands by when nobody can tell whether its group goes on", async () => {
    const world = consenter();
    const registrar = await removed(world);
    expect(await joined(world, registrar)).toMatchObject({ info: { status: "inactive" } });
    await registrar.close();
  });

  test("begins anew when the others say that nothing was ordered", async () => {
    const world = consenter();
    const registrar = await removed(world);
    world.dialer.scripts.set(ADDRESSES[1], serving([genesis]));
    const result = await joined(world, registrar);
    expect(result).toMatchObject({ info: { status: "active", height: 1 } });
    expect(registrar.complaints()).toEqual([]);
    await registrar.close();
  });
});

describe("a crash at every step", () => {
  test("of a join with a later block leaves it joined, or untouched if it was never promised", async () => {
    let crashes = 0;
    for (let step = 1; ; step += 1) {
      const world = follower(step);
      const before = await world.open();
      world.files.faults.crashAfter(step);
      const joined = await before.join(chain[CONFIG_BLOCK]!);
      await world.until(() => world.files.faults.isCrashed || isLevel(before));
      const isCrashed = world.files.faults.isCrashed;
      await before.close();
      world.files.powerLoss();
      const after = await world.open();
      const isPresent = after.info(CHANNEL_ID) !== undefined;
      if (joined.kind === "joined") expect(isPresent, `step ${step}`).toBe(true);
      if (isPresent) await world.until(() => isLevel(after));
      await after.close();
      if (!isCrashed) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(20);
  }, 120_000);

  test("of a consenter's join leaves it joined, or untouched if it was never promised", async () => {
    let crashes = 0;
    for (let step = 1; ; step += 1) {
      const world = consenter(step);
      const before = await world.open();
      world.files.faults.crashAfter(step);
      const joined = await before.join(sample.genesis);
      const isCrashed = world.files.faults.isCrashed;
      await before.close();
      world.files.powerLoss();
      const after = await world.open();
      const info = after.info(CHANNEL_ID);
      if (joined.kind === "joined") expect(info, `step ${step}`).toBeDefined();
      if (info !== undefined) expect(info, `step ${step}`).toMatchObject({ status: "active" });
      await after.close();
      if (!isCrashed) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(10);
  }, 120_000);

  test("of a removal leaves nothing, or all of it if it was never promised", async () => {
    let crashes = 0;
    for (let step = 1; ; step += 1) {
      const world = follower(step);
      const before = await world.open();
      await before.join(sample.genesis);
      await world.until(() => isLevel(before));
      world.files.faults.crashAfter(step);
      const removed = await before.remove(CHANNEL_ID);
      const isCrashed = world.files.faults.isCrashed;
      await before.close();
      world.files.powerLoss();
      const after = await world.open();
      const isPresent = after.info(CHANNEL_ID) !== undefined;
      if (removed.kind === "removed") expect(isPresent, `step ${step}`).toBe(false);
      if (!isPresent) expect(await world.traces(), `step ${step}`).toEqual([]);
      if (!isPresent) await after.join(sample.genesis);
      await world.until(() => isLevel(after));
      await after.close();
      if (!isCrashed) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(5);
  }, 120_000);
});
