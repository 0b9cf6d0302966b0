import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import type { ChannelConfig } from "../../../../src/channel/index.ts";
import { GroupConnections } from "../../../../cluster/ordering/group-connections.ts";
import { LEAVER_GRACE_MS } from "../../../../cluster/ordering/limits.ts";
import type { ClusterMember } from "../../../../cluster/replica/index.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

/** By `raft id:name of the certificate`. */
function memberOf(name: string): ClusterMember {
  const pem = utf8(name);
  const raftId = Number(name.split(":")[0]);
  const address = `orderer${raftId}:7050`;
  return { raftId, address, clientTlsCertPem: pem, serverTlsCertPem: pem, tlsRootsPem: [] };
}

function nameOf({ clientTlsCertPem }: ClusterMember): string {
  return Buffer.from(clientTlsCertPem).toString();
}

class Rig {
  readonly time = new SimulatedTime();
  called: readonly string[] = [];
  admitted: readonly string[] = [];
  voters: readonly number[];
  #sequence = 0;
  #config: ChannelConfig;
  #ids: readonly number[] = [];
  readonly connections: GroupConnections;

  constructor(names: readonly string[], formerNames: readonly string[] = []) {
    const members = names.map((name) => memberOf(name));
    const formerMembers = formerNames.map((name) => memberOf(name));
    this.voters = [...members, ...formerMembers].map(({ raftId }) => raftId);
    this.#config = this.names(...names);
    this.connections = new GroupConnections(
      {
        link: { reconfigure: (next) => void (this.called = next.map((each) => nameOf(each))) },
        cluster: {
          reconfigure: (_, next) => void (this.admitted = next.map((each) => nameOf(each))),
        },
        config: { current: () => this.#config },
        membership: () => ({ consenterIds: this.#ids, nextConsenterId: 9 }),
        voters: () => ({ voters: this.voters }),
        clock: this.time,
      },
      { channelId: "ch1", members, formerMembers, cutOffIds: new Set([8]) },
    );
    this.connections.check();
  }

  names(...names: readonly string[]): ChannelConfig {
    const members = names.map((name) => memberOf(name));
    this.#ids = members.map(({ raftId }) => raftId);
    this.#sequence += 1;
    const consenters = members.map((member) => ({ ...member, host: "h", port: 1 }));
    const orderer = { consensusType: "etcdraft", consenters, organizations: [] };
    const config = { channelId: "ch1", sequence: this.#sequence, orderer };
    this.#config = config as unknown as ChannelConfig;
    return this.#config;
  }

  expect(sequence: number, ...names: readonly string[]): void {
    this.connections.expect({ sequence, members: names.map((name) => memberOf(name)) });
  }

  async after(ms: number): Promise<readonly (readonly string[])[]> {
    await this.time.advance(ms);
    this.connections.check();
    return [this.called, this.admitted];
  }
}

describe("the connections of a group", () => {
  test("are those of the configuration", async () => {
    const rig = new Rig(["1:a", "2:b"]);
    expect(await rig.after(0)).toEqual([
      ["1:a", "2:b"],
      ["1:a", "2:b"],
    ]);
    rig.names("1:a", "2:b", "3:c");
    expect(await rig.after(0)).toEqual([
      ["1:a", "2:b", "3:c"],
      ["1:a", "2:b", "3:c"],
    ]);
  });

  test("keep one that leaves for as long as Raft has it, and for a moment after that", async () => {
    const rig = new Rig(["1:a", "2:b"]);
    rig.names("1:a");
    expect(await rig.after(60_000)).toEqual([
      ["1:a", "2:b"],
      ["2:b", "1:a"],
    ]);
    rig.voters = [1];
    expect(await rig.after(0)).toEqual([
      ["1:a", "2:b"],
      ["2:b", "1:a"],
    ]);
    expect(await rig.after(LEAVER_GRACE_MS - 1)).toEqual([
      ["1:a", "2:b"],
      ["2:b", "1:a"],
    ]);
    expect(await rig.after(1)).toEqual([["1:a"], ["1:a"]]);
  });

  test("find one that leaves after a restart too", async () => {
    const rig = new Rig(["1:a"], ["2:b"]);
    expect(await rig.after(60_000)).toEqual([
      ["1:a", "2:b"],
      ["2:b", "1:a"],
    ]);
    expect([...rig.connections.ids]).toEqual([1, 2]);
  });

  test("take the old certificate of a member a moment longer, and call it under the new one", async () => {
    const rig = new Rig(["1:a", "2:b"]);
    rig.names("1:a", "2:new");
    expect(await rig.after(0)).toEqual([
      ["1:a", "2:new"],
      ["2:b", "1:a", "2:new"],
    ]);
    expect(await rig.after(LEAVER_GRACE_MS)).toEqual([
      ["1:a", "2:new"],
      ["1:a", "2:new"],
    ]);
  });

  test("never include one that was cut off", async () => {
    const rig = new Rig(["1:a", "2:b"]);
    rig.names("1:a", "2:b", "8:x");
    expect(await rig.after(0)).toEqual([
      ["1:a", "2:b"],
      ["1:a", "2:b"],
    ]);
  });

  test("reach and take members of a newer configuration beside their own, until it is in force here", async () => {
    const rig = new Rig(["1:a", "2:b"]);
    rig.expect(4, "1:new", "2:b", "3:c");
    const expected = [
      ["1:new", "2:b", "3:c"],
      ["1:a", "2:b", "1:new", "2:b", "3:c"],
    ];
    expect(await rig.after(0)).toEqual(expected);
    expect([...rig.connections.ids].sort((a, b) => a - b)).toEqual([1, 2, 3]);
    rig.expect(3, "2:b");
    expect(await rig.after(60_000)).toEqual(expected);
    rig.names("1:a", "2:b");
    expect(await rig.after(0)).toEqual(expected);
    rig.names("1:a", "2:b", "3:c");
    rig.names("1:new", "2:b", "3:c");
    await rig.after(0);
    expect(await rig.after(LEAVER_GRACE_MS)).toEqual([
      ["1:new", "2:b", "3:c"],
      ["1:new", "2:b", "3:c"],
    ]);
  });

  test("never include one that was cut off, whatever a newer configuration says", async () => {
    const rig = new Rig(["1:a", "2:b"]);
    rig.expect(4, "1:a", "2:b", "8:x");
    expect(await rig.after(0)).toEqual([
      ["1:a", "2:b"],
      ["1:a", "2:b", "1:a", "2:b"],
    ]);
  });
});
